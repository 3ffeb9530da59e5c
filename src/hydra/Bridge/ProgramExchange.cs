using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Hydra.Protocol;

namespace Hydra.Bridge;

/// <summary>A request and its response. The body goes to the program while the response comes: neither waits for the other.</summary>
internal sealed class ProgramExchange : ProgramStream
{
    // How long a program has to ask for a body whose client waits to be asked. Many servers do not know of that, and wait for the body (RFC 9110,
    // section 10.1.1).
    private static readonly TimeSpan ContinueTime = TimeSpan.FromSeconds(1);

    private readonly bool _isRepeatable;
    private ProgramConnection? _connection;
    private int _asks;
    private bool _isParted;

    /// <summary>Takes a request.</summary>
    public ProgramExchange(DataLink link, ulong id, FrameFlags flags, in RequestMessage request, long start)
        : base(link, id, flags, request, start, default)
    {
        _asks = (flags & FrameFlags.ExpectContinue) != 0 ? 1 : 0;
        _isRepeatable = IsWhole && RequestHead.IsIdempotent(request.Method);
        WriteBody(request.Body);
    }

    private bool IsWhole => (Flags & FrameFlags.End) != 0;

    /// <inheritdoc/>
    public override void OnPart(bool sessions)
    {
        // Its client is about to be cut off: the program sees that as one that has closed its sending side, and may still end the response.
        if (IsOpenEnded && !_isParted)
        {
            _isParted = true;
            _connection?.FinishSending();
        }
    }

    /// <inheritdoc/>
    protected override async Task ServeAsync()
    {
        bool isSent = false;
        try
        {
            for (bool isAgain = false; ; isAgain = true)
            {
                _connection = await Link.Program.Connections.TakeAsync(isAgain, Gone).ConfigureAwait(false);
                isSent = true;
                try
                {
                    await ExchangeAsync(_connection).ConfigureAwait(false);
                    return;
                }
                catch (Exception e) when (!isAgain && MayRepeat(e, _connection))
                {
                    _connection.Dispose();
                }
            }
        }
        catch (OperationCanceledException)
        {
            EndCancelled();
        }
        catch (Exception e) when (IsBroken(e))
        {
            await FailAsync(e, isSent).ConfigureAwait(false);
        }
        finally
        {
            _connection?.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void OnProvisional(ResponseHead head)
    {
        if (head.Status == 100)
        {
            Ask();
        }
        else
        {
            base.OnProvisional(head);
        }
    }

    // The program had closed a connection that rested, most likely before it saw the request.
    private bool MayRepeat(Exception error, ProgramConnection connection)
        => _isRepeatable && connection is { IsReused: true, HasRead: false } && !IsGone && !Link.Program.HasEnded
            && error is SocketException or ProgramException { IsSilent: true };

    private async Task ExchangeAsync(ProgramConnection connection)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Gone);
        Task<bool> upload = UploadAsync(connection, end.Token);
        try
        {
            ResponseHead head = await ReadHeadAsync(connection, expects101: false).ConfigureAwait(false);
            await RelayAsync(connection, head).ConfigureAwait(false);
            bool isSent = upload.IsCompletedSuccessfully && upload.Result;
            if (isSent && head.KeepsConnection && !_isParted && connection.Buffered.Length == 0)
            {
                _connection = null;
                Link.Program.Connections.Give(connection);
            }
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await ((Task)upload).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Whether all of it was sent. A program that has answered may take no more of it, and its answer counts.
    private async Task<bool> UploadAsync(ProgramConnection connection, CancellationToken end)
    {
        try
        {
            await connection.SendAsync(Start.WrittenMemory, end).ConfigureAwait(false);
            if (_asks > 0)
            {
                _ = AskLaterAsync(end);
            }

            while (!IsWhole && await NextAsync(end).ConfigureAwait(false) is { } piece)
            {
                Start.ResetWrittenCount();
                WriteBody(piece.Data);
                await connection.SendAsync(Start.WrittenMemory, end).ConfigureAwait(false);
                Owe(piece.Cost);
            }

            if (IsChunked)
            {
                await connection.SendAsync("0\r\n\r\n"u8.ToArray(), end).ConfigureAwait(false);
            }

            return true;
        }
        catch (BrokenBodyException)
        {
            // What the program has is no request, and is not to look like one.
            OnCancel();
            return false;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private void WriteBody(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        if (IsChunked)
        {
            Start.Write(Encoding.ASCII.GetBytes(data.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"));
        }

        Start.Write(data);
        if (IsChunked)
        {
            Start.Write("\r\n"u8);
        }
    }

    private async Task AskLaterAsync(CancellationToken end)
    {
        await Task.Delay(ContinueTime, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!end.IsCancellationRequested)
        {
            Ask();
        }
    }

    private void Ask()
    {
        if (Interlocked.Exchange(ref _asks, 0) > 0)
        {
            AskForBody();
        }
    }
}
