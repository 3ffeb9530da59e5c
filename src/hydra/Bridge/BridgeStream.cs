using System.Diagnostics.CodeAnalysis;
using Hydra.Protocol;

namespace Hydra.Bridge;

/// <summary>
/// A stream as the protocol has it: what has come of it and was not taken, and credit in both directions. Frames come on the link's reading side, the
/// rest is for the stream's own tasks: one takes what has come, one sends. <c>_gate</c> guards what they share.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "They have neither timers nor handles, and the link's reading side may call while the stream ends.")]
internal abstract class BridgeStream
{
    private readonly Lock _gate = new();
    private readonly Queue<Piece> _pieces = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly SemaphoreSlim _granted = new(0);
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _window;
    private int _owed;
    private long _credit;
    private bool _hasEnded;
    private bool _breaksOff;

    /// <summary>Opens it.</summary>
    /// <param name="link">Its link.</param>
    /// <param name="id">Its number.</param>
    /// <param name="flags">The flags of its REQUEST.</param>
    protected BridgeStream(DataLink link, ulong id, FrameFlags flags)
    {
        Link = link;
        Id = id;
        Flags = flags;

        // A request for a session has no body, but messages come.
        _hasEnded = (flags & (FrameFlags.End | FrameFlags.Session)) == FrameFlags.End;
        _window = (flags & FrameFlags.ExpectContinue) != 0 ? 0 : link.Front.RequestWindow;
        _credit = link.Front.ResponseWindow;
    }

    /// <summary>A frame's bytes.</summary>
    /// <param name="Data">The bytes.</param>
    /// <param name="Flags">The frame's flags.</param>
    /// <param name="Cost">What it has cost of the credit.</param>
    protected readonly record struct Piece(byte[] Data, FrameFlags Flags, int Cost);

    /// <summary>Its number.</summary>
    public ulong Id { get; }

    /// <summary>The flags of its REQUEST.</summary>
    public FrameFlags Flags { get; }

    /// <summary>Completes when it has been served.</summary>
    public Task Over => _over.Task;

    /// <summary>Its link.</summary>
    protected DataLink Link { get; }

    /// <summary>Cancelled when the front has ended the stream.</summary>
    protected CancellationToken Gone => _gone.Token;

    /// <summary>Whether the front has ended the stream.</summary>
    protected bool IsGone => _gone.IsCancellationRequested;

    /// <summary>Serves it to its end, on a thread of the pool.</summary>
    public async Task RunAsync()
    {
        // The link's reading side goes on with the next frame.
        await Task.Yield();
        await ServeAsync().ConfigureAwait(false);
        _over.SetResult();
    }

    /// <summary>A BODY or DATA frame.</summary>
    /// <exception cref="FrontException">It exceeds the credit.</exception>
    public void OnBytes(ReadOnlySpan<byte> data, FrameFlags flags, int cost)
    {
        lock (_gate)
        {
            _window -= cost;
            if (_window < 0)
            {
                throw new FrontException("a frame exceeds the credit of its stream");
            }

            _hasEnded |= (flags & FrameFlags.End) != 0;
            if (data.Length > 0 || cost > 0)
            {
                _pieces.Enqueue(new Piece(data.ToArray(), flags, cost));
            }
        }

        _arrived.Release();
    }

    /// <summary>The front takes more.</summary>
    public void OnWindow(uint credit)
    {
        lock (_gate)
        {
            _credit += credit;
        }

        _granted.Release();
    }

    /// <summary>The front has ended the stream.</summary>
    public void OnCancel() => _gone.Cancel();

    /// <summary>The client sends nothing more, and the body is not complete if that is said.</summary>
    public void OnFinished(bool isComplete)
    {
        lock (_gate)
        {
            _breaksOff |= !isComplete;
        }

        _arrived.Release();
    }

    /// <summary>The session's client has closed, or has left.</summary>
    public virtual void OnClose(ushort code, ReadOnlySpan<byte> reason) => OnCancel();

    /// <summary>The worker is to go: what has no end of its own is to come to one, and sessions, if they are meant.</summary>
    public abstract void OnPart(bool sessions);

    /// <summary>Serves it to its end. Throws nothing.</summary>
    protected abstract Task ServeAsync();

    /// <summary>Nothing more comes than what is here.</summary>
    protected void EndInput()
    {
        lock (_gate)
        {
            _hasEnded = true;
        }

        _arrived.Release();
    }

    /// <summary>The next bytes that have come; null at their end.</summary>
    /// <exception cref="OperationCanceledException">The front has ended the stream, or the body breaks off.</exception>
    protected async ValueTask<Piece?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_pieces.TryDequeue(out Piece piece))
                {
                    return piece;
                }

                if (_hasEnded)
                {
                    return null;
                }

                if (_breaksOff)
                {
                    throw new BrokenBodyException();
                }
            }

            await _arrived.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Bytes were taken: the front may send as many again, when that is half of all that it may.</summary>
    protected void Owe(int cost)
    {
        int credit = 0;
        lock (_gate)
        {
            _owed += cost;
            if (!_hasEnded && _owed * 2 >= Link.Front.RequestWindow)
            {
                credit = _owed;
                _window += credit;
                _owed = 0;
            }
        }

        if (credit > 0 && !IsGone)
        {
            Link.Front.SendWindow(Id, credit);
        }
    }

    /// <summary>The client is to send its body: it waits for "100 Continue".</summary>
    protected void AskForBody()
    {
        lock (_gate)
        {
            _window += Link.Front.RequestWindow;
        }

        Link.Front.SendWindow(Id, Link.Front.RequestWindow);
    }

    /// <summary>Waits until something may be sent.</summary>
    /// <param name="wanted">How much.</param>
    /// <param name="overhead">What a frame costs beside its bytes.</param>
    /// <returns>How many bytes may be sent, of those that are wanted. They count as sent.</returns>
    /// <exception cref="OperationCanceledException">The front has ended the stream.</exception>
    protected async ValueTask<int> SpendAsync(int wanted, int overhead)
    {
        while (true)
        {
            Gone.ThrowIfCancellationRequested();
            lock (_gate)
            {
                if (_credit > overhead || (wanted == 0 && _credit >= overhead))
                {
                    int count = (int)Math.Min(Math.Min(wanted, ProtocolLimits.MaxBody), _credit - overhead);
                    _credit -= count + overhead;
                    return count;
                }
            }

            await _granted.WaitAsync(Gone).ConfigureAwait(false);
        }
    }
}

/// <summary>The client has left before its body was complete.</summary>
internal sealed class BrokenBodyException : OperationCanceledException;
