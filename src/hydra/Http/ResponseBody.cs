using System.Diagnostics;
using System.IO.Pipelines;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// The body of a response, as the worker sends it: counted against its Content-Length; where it streams, kept in a pipe until the client
/// takes it, and bounded by the credit that the worker has. The exchange's lock guards all but what is the handler's own.
/// </summary>
/// <param name="resources">Windows, bounds and memory.</param>
internal sealed class ResponseBody(BodyResources resources)
{
    private bool _isDropped;
    private byte[]? _trailers;
    private long? _announced;
    private bool _isWhole;
    private long _received;
    private long _credit;
    private Pipe? _pipe;
    private ResponseReader? _reader;
    private CheckedReader? _checked;

    // Beyond the window that every response has: taken from the budget of all responses' memory, and granted.
    private int _extraCredit;

    // What the client is to get next, behind what is in the pipe; the worker sends nothing before it was opened.
    private volatile FileRange? _file;

    // Messages of topics that wait for the client; what it was given of them in all, and what of that is not set off against what it takes. The numbers
    // are the handler's own.
    private volatile StreamMessages? _messages;
    private long _ofTopics;
    private long _notOwn;

    // Taken by the client and not granted again yet; the handler's own.
    private long _ungranted;

    // Of what workers have sent that have it no more.
    private readonly LeftCredit _leftOver = new();

    // Of files: what the client has not been given before it left. The handler's own.
    private long _left;

    /// <summary>Bytes that the worker has sent and the client is to get; of a file what its connection was given.</summary>
    public long BytesReceived => _isDropped ? 0 : _received + _ofTopics - _left;

    /// <summary>How long the client's body is: it has come as a whole, or the application has said it. Null where that is not known.</summary>
    public long? Length => _isDropped ? null : _isWhole ? _received : _announced;

    /// <summary>What the client is to get of a body that streams. When it ends, <see cref="Cut"/> says whether that is the body's end.</summary>
    public PipeReader Reader => _reader ??= new ResponseReader(this, _pipe!.Reader);

    /// <summary>The same for those who do not ask: reading fails where it is not.</summary>
    public PipeReader CheckedReader => _checked ??= new CheckedReader(this);

    /// <summary>Who gets a copy of it; null for nobody. Set when the head has come, under the exchange's lock.</summary>
    public IBodyCopy? Copy { get; set; }

    /// <summary>What has cut the body short, behind what <see cref="Reader"/> gives of it; null when nothing has. To be read at its end.</summary>
    public ResponseFailedException? Cut { get; private set; }

    /// <summary>The fields behind the body, as a header block that is valid; empty where there are none. To be read at its end.</summary>
    public ReadOnlySpan<byte> Trailers => _trailers;

    /// <summary>The head has come, with the first bytes of the body.</summary>
    /// <param name="announced">Its Content-Length, or null.</param>
    /// <param name="isDropped">Whether the client gets no body, whatever the application sends.</param>
    /// <param name="length">How many bytes have come.</param>
    /// <param name="end">Whether that is all.</param>
    /// <returns>Null, or the rule that the length breaks.</returns>
    public string? Begin(long? announced, bool isDropped, int length, bool end)
    {
        _announced = announced;
        _isDropped = isDropped;
        _received = length;
        _isWhole = end;
        return LengthFailure(end);
    }

    /// <summary>The body is complete: writes it.</summary>
    public void WriteWhole(HttpResponse response, ReadOnlySpan<byte> body)
    {
        if (_isDropped)
        {
            return;
        }

        Copy?.Add(body);
        Copy?.End(isComplete: true);

        // The length is known, so say it: the connection stays usable without chunks.
        response.ContentLength ??= body.Length;
        if (body.Length > 0)
        {
            body.CopyTo(response.BodyWriter.GetSpan(body.Length));
            response.BodyWriter.Advance(body.Length);
        }
    }

    /// <summary>The body streams.</summary>
    /// <param name="first">What came of it with the head.</param>
    /// <returns>Credit to be granted beyond the window: there is more of it, which need not wait for the client.</returns>
    public uint Open(ReadOnlySpan<byte> first)
    {
        _ungranted = 0;
        KeepNoCopy();
        _credit = resources.Options.ResponseWindow;
        _pipe ??= new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0,
            useSynchronizationContext: false));
        if (!_isDropped && first.Length > 0)
        {
            Copy?.Add(first);
            Write(first);
            Flush();
        }

        // As much as one frame carries.
        return first.Length == ProtocolLimits.MaxBody ? Grow() : 0;
    }

    /// <summary>More of a body that streams. What the client gets of it leaves with <see cref="Flush"/>.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="end">Whether that is all.</param>
    /// <param name="more">Credit to be granted.</param>
    /// <param name="failure">The rule that the length breaks, or null.</param>
    /// <returns>False when the worker has sent more than it may: it breaks the protocol.</returns>
    public bool TryAdd(ReadOnlySpan<byte> data, bool end, out uint more, out string? failure)
    {
        more = 0;
        failure = null;
        _credit -= data.Length;
        if (_credit < 0)
        {
            return false;
        }

        _received += data.Length;
        if (_isDropped)
        {
            _credit += data.Length;
            more = (uint)data.Length;
            return true;
        }

        failure = LengthFailure(end);
        if (failure is null && data.Length > 0)
        {
            Copy?.Add(data);
            Write(data);
        }

        if (_credit < resources.Options.ResponseWindow / 2)
        {
            more = Grow();
        }

        return true;
    }

    /// <summary>The body is over, and trailers come behind it. What is kept of a response for others has none, so no copy is.</summary>
    /// <param name="block">The fields, as a header block that is valid.</param>
    /// <returns>The rule that the body's length breaks, or null.</returns>
    public string? Trail(ReadOnlySpan<byte> block)
    {
        if (!block.IsEmpty)
        {
            Copy?.End(isComplete: false);
            _trailers = block.ToArray();
        }

        return LengthFailure(end: true);
    }

    /// <summary>Gives the client's side what was added. Never waits: the pipe has no threshold, the credit bounds what is in it.</summary>
    public void Flush()
    {
        if (_isDropped)
        {
            return;
        }

        ValueTask<FlushResult> flushed = _pipe!.Writer.FlushAsync();
        Debug.Assert(flushed.IsCompletedSuccessfully, "the response pipe has no pause threshold");
        flushed.GetAwaiter().GetResult();
    }

    /// <summary>Messages of topics that the client gets between what the application sends; null for none. Set under the exchange's lock.</summary>
    public StreamMessages? Messages
    {
        get => _messages;
        set
        {
            _messages = value;
            KeepNoCopy();
        }
    }

    /// <summary>Whether messages of topics may stand between what the application sends: not where its length is known, or the client gets none of it.</summary>
    public bool TakesMessages => !_isDropped && _announced is null;

    /// <summary>Takes the next message of a topic; null where there is none. The handler's own.</summary>
    public byte[]? TryTakeMessage()
    {
        if (_messages is not { } messages || !TakesMessages || messages.TryTake() is not { } message)
        {
            return null;
        }

        _ofTopics += message.Length;
        _notOwn += message.Length;
        return message;
    }

    /// <summary>What has a read that waits look for messages. To be called under no lock: the handler goes on inside that.</summary>
    public PipeReader Waking => _pipe!.Reader;

    /// <summary>Whether a file has yet to be opened.</summary>
    public bool HasFile => _file is not null;

    /// <summary>The body goes on with the bytes of a file. <see cref="WakeForFile"/> is due where somebody may be reading already.</summary>
    public void Add(FileRange file)
    {
        Copy?.End(isComplete: false);
        _file = _isDropped ? null : file;
    }

    /// <summary>Has a read that waits return, as cancelled: there is a file. Under no lock: the handler goes on inside this call.</summary>
    public void WakeForFile() => _pipe!.Reader.CancelPendingRead();

    /// <summary>What comes next, behind all that <see cref="Reader"/> has given, is a file; null where it is not. The handler's own.</summary>
    public FileRange? File => _file;

    /// <summary>How many bytes of a Content-Length are still to come; null without one.</summary>
    public long? Missing => _announced - _received;

    /// <summary>The file was opened, and is being sent.</summary>
    /// <param name="size">How many bytes of it.</param>
    public void OnFileOpened(long size)
    {
        _received += size;
        _file = null;
    }

    /// <summary>No more of the file is sent. The handler's own, under no lock.</summary>
    /// <param name="rest">How many of its bytes were not.</param>
    public void OnFileLeft(long rest) => _left += rest;

    /// <summary>No more comes. Under no lock: the handler goes on inside this call.</summary>
    /// <param name="error">What has cut the body short; null when it is complete.</param>
    public void End(ResponseFailedException? error)
    {
        Copy?.End(isComplete: error is null);

        // Not the pipe's own error: that would come before what is in it.
        Cut = error;
        _pipe!.Writer.Complete();
    }

    /// <summary>Whether another worker may go on with it: not behind several of which the client has taken nothing.</summary>
    public bool MayGoOn => _leftOver.IsWithin(resources.Options.ResponseWindow);

    /// <summary>Another worker is to go on with it, whose credit begins anew.</summary>
    public void BeginAgain()
    {
        long waiting = resources.Options.ResponseWindow + _extraCredit - _credit;
        Settle();
        _leftOver.Add(waiting - _extraCredit);
        _credit = resources.Options.ResponseWindow;
    }

    /// <summary>What it begins with costs no credit.</summary>
    public void Spare(int size) => _credit += size;

    /// <summary>Others get no copy of it.</summary>
    public void DropCopy()
    {
        Copy?.End(isComplete: false);
        Copy = null;
    }

    /// <summary>The worker sends no more: the credit that it will not use goes back to the budget.</summary>
    public void Settle() => GiveBack((int)_credit);

    /// <summary>The client has taken bytes of the body. The handler's own, under no lock.</summary>
    /// <returns>Whether enough has come together to be granted: <see cref="TakeGrant"/> is due.</returns>
    public bool OnTaken(long size)
    {
        // The worker has sent less than that.
        long notOwn = Math.Min(size, _notOwn);
        _notOwn -= notOwn;
        _ungranted += _leftOver.Reduce(size - notOwn);
        return _ungranted >= (resources.Options.ResponseWindow + Volatile.Read(ref _extraCredit)) / 4;
    }

    /// <summary>What the worker may send again, now that the client has taken as much.</summary>
    /// <param name="goesOn">Whether the worker still sends.</param>
    public uint TakeGrant(bool goesOn)
    {
        uint credit = (uint)_ungranted;
        _ungranted = 0;
        if (!goesOn)
        {
            // The worker is done: what the client has taken makes room for others.
            GiveBack((int)credit);
            return 0;
        }

        if (resources.ResponseMemory.IsTight)
        {
            credit -= (uint)GiveBack((int)credit);
        }

        _credit += credit;
        return credit;
    }

    /// <summary>The request is over: gives everything back. Under no lock; nobody else uses it any more.</summary>
    public void Release()
    {
        Copy?.End(isComplete: false);
        Copy = null;
        GiveBack(_extraCredit);
        if (_pipe is not null)
        {
            _pipe.Reader.Complete();
            _pipe = null;
            _reader = null;
            _checked = null;
        }
    }

    /// <summary>A new request: nothing has come.</summary>
    public void Restart()
    {
        _received = 0;
        _left = 0;
        _messages = null;
        _ofTopics = 0;
        _notOwn = 0;
        _leftOver.Clear();
        _isDropped = false;
        _trailers = null;
        Copy = null;
        Cut = null;
        _file = null;
    }

    // What others would get of it has messages that were for this client.
    private void KeepNoCopy()
    {
        if (_messages is not null)
        {
            DropCopy();
        }
    }

    private void Write(ReadOnlySpan<byte> data)
    {
        PipeWriter writer = _pipe!.Writer;
        data.CopyTo(writer.GetSpan(data.Length));
        writer.Advance(data.Length);
    }

    // Lets the worker send more than the client has taken, so that its thread is free: first as much as keeps a fast client busy, then
    // twice as much each time, as far as the bound of one response and the budget of all go.
    private uint Grow()
    {
        int window = resources.Options.ResponseWindow + _extraCredit;
        int step = Math.Min(_extraCredit == 0 ? 3 * window : window, resources.Options.BufferResponse - window);
        if (_announced is { } length)
        {
            step = (int)Math.Min(step, length - _received - _credit);
        }

        if (step <= 0 || !resources.ResponseMemory.TryTake(step))
        {
            return 0;
        }

        _extraCredit += step;
        _credit += step;
        return (uint)step;
    }

    // Credit that will not be used goes back to the budget, as far as it came from there.
    private int GiveBack(int size)
    {
        int given = Math.Min(size, _extraCredit);
        if (given > 0)
        {
            _extraCredit -= given;
            resources.ResponseMemory.Give(given);
        }

        return given;
    }

    private string? LengthFailure(bool end)
    {
        if (_announced is not { } announced || _isDropped)
        {
            return null;
        }

        return _received > announced ? $"its body is longer than its Content-Length of {announced}"
            : end && _received < announced ? $"its body has {_received} bytes, its Content-Length says {announced}"
            : null;
    }
}
