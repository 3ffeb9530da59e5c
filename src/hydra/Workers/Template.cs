using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Hydra.Primitives;
using Hydra.Protocol;
using Microsoft.Extensions.Logging;

namespace Hydra.Workers;

/// <summary>
/// A process that has imported the application and forks workers from it. Any thread; <c>_lock</c> guards the link's sending side and
/// the table of workers.
/// </summary>
internal sealed class Template : ILinkOwner
{
    /// <summary>The index that its HELLO names; workers have smaller ones.</summary>
    public const int LinkIndex = ushort.MaxValue;

    // What its lines in the log are named after.
    private const int LogIndex = -1;
    private const int SigKill = 9;

    private readonly IWorkerLogSink _log;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly byte[] _token;
    private readonly string _tokenText = $"{Guid.NewGuid():n}{Guid.NewGuid():n}";
    private readonly StringBuilder _lines = new();
    private readonly Dictionary<uint, ForkedProcess> _forking = [];
    private readonly Dictionary<int, ForkedProcess> _workers = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _linkDone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkerProcess? _process;
    private Socket? _socket;
    private WorkerFailure? _failure;
    private uint _sequence;
    private bool _isLeaving;
    private volatile bool _hasEnded;

    /// <summary>Describes a template of a generation.</summary>
    public Template(int generation, IWorkerLogSink log, ILogger logger)
    {
        Generation = generation;
        _log = log;
        _logger = logger;
        _token = Encoding.ASCII.GetBytes(_tokenText);
    }

    /// <summary>Which reload it comes after.</summary>
    public int Generation { get; }

    /// <summary>Whether no worker can be forked from it any more.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Completes when it can fork; fails with a <see cref="WorkerStartException"/>.</summary>
    public Task Ready => _ready.Task;

    ReadOnlySpan<byte> ILinkOwner.Token => _token;

    /// <summary>Runs its process from the start to the end.</summary>
    public async Task RunAsync(WorkerSpawner spawner, WorkerCommand command, BootDocument document)
    {
        try
        {
            WorkerProcess process = await spawner.StartAsync(command, 0).ConfigureAwait(false);
            _process = process;
            process.Boot(document with { Token = _tokenText, Worker = LinkIndex, Preload = true });
            int code = await process.WaitAsync((line, isError) => OnLine(process.Id, line, isError)).ConfigureAwait(false);

            // What it has said about its workers comes first.
            await Task.WhenAny(_linkDone.Task, Task.Delay(_socket is null ? TimeSpan.Zero : WorkerLauncher.ExitTime)).ConfigureAwait(false);
            End(command.Python, process.Id, code);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            _hasEnded = true;
            _ready.TrySetException(new WorkerStartException(PythonFailure.CannotStart(command.Python, e.NativeErrorCode, e.Message)));
        }
    }

    /// <summary>Forks a worker, which waits for its boot document.</summary>
    /// <exception cref="WorkerStartException">It could not be forked.</exception>
    public async Task<IWorkerProcess> ForkAsync()
    {
        var worker = new ForkedProcess(this);
        try
        {
            lock (_lock)
            {
                if (_hasEnded || _socket is null)
                {
                    throw new WorkerStartException("the template process has ended");
                }

                uint sequence = ++_sequence;
                _forking[sequence] = worker;
                var frame = new ArrayBufferWriter<byte>();
                new ForkMessage { Sequence = sequence }.WriteFrame(frame, FrameFlags.None, 0);
                DescriptorPassing.Send(_socket, frame.WrittenSpan, worker.Descriptors);
            }

            worker.CloseWorkersEnds();
            await worker.Forked.ConfigureAwait(false);
            return worker;
        }
        catch (Exception e) when (e is SocketException or WorkerStartException or ObjectDisposedException)
        {
            worker.Dispose();
            throw e as WorkerStartException ?? new WorkerStartException("the template process has ended");
        }
    }

    /// <summary>Ends one of its workers at once.</summary>
    public void Kill(int pid)
    {
        var frame = new ArrayBufferWriter<byte>();
        new KillMessage { ProcessId = (uint)pid }.WriteFrame(frame, FrameFlags.None, 0);
        Send(frame.WrittenSpan);
    }

    /// <summary>No further worker is forked; it ends when its last one has.</summary>
    public void Retire()
    {
        _isLeaving = true;
        var frame = new ArrayBufferWriter<byte>();
        new DrainMessage().WriteFrame(frame, FrameFlags.None, 0);
        Send(frame.WrittenSpan);
    }

    /// <summary>Ends it. Workers that still run end with it.</summary>
    public void End()
    {
        _isLeaving = true;
        _process?.Kill();
    }

    string? ILinkOwner.Accept(Socket socket, LinkIdentity identity, ReadOnlySpan<byte> welcome)
    {
        lock (_lock)
        {
            if (_socket is not null || identity.Kind is not LinkKind.Control)
            {
                return "a template process has one control link";
            }

            socket.Send(welcome);
            socket.ReceiveTimeout = 0;
            _socket = socket;
        }

        new Thread(() => Read(socket), maxStackSize: 256 * 1024) { IsBackground = true, Name = "template link" }.Start();
        return null;
    }

    private void Send(ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            try
            {
                _socket?.Send(frame);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It has ended.
            }
        }
    }

    private void Read(Socket socket)
    {
        byte[] buffer = new byte[ProtocolLimits.HeaderSize + ProtocolLimits.MaxPayload];
        int count = 0;
        try
        {
            for (int received; (received = socket.Receive(buffer.AsSpan(count))) > 0;)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(0, count += received);
                while (FrameReader.TryReadFrame(ref rest, out FrameHeader header, out ReadOnlySpan<byte> payload) is FrameReadStatus.Ok)
                {
                    Handle(header.Type, payload);
                }

                rest.CopyTo(buffer);
                count = rest.Length;
            }
        }
        catch (SocketException)
        {
            // It was killed.
        }

        lock (_lock)
        {
            _hasEnded = true;
            socket.Dispose();
        }

        _linkDone.TrySetResult();
    }

    private void Handle(MessageType type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case MessageType.Log when LogMessage.TryRead(payload, out LogMessage log):
                var created = DateTimeOffset.UnixEpoch.AddTicks((long)Math.Min(log.CreatedMicroseconds, long.MaxValue / 20) * TimeSpan.TicksPerMicrosecond);
                _log.Write(LogIndex, _process?.Id ?? 0, (WireLogLevel)log.Level, created, Text(log.Logger), Text(log.Message));
                break;
            case MessageType.Ready:
                WorkersLog.TemplateReady(_logger, _process?.Id ?? 0);
                _ready.TrySetResult();
                break;
            case MessageType.Failed when FailedMessage.TryRead(payload, out FailedMessage failed):
                _failure = new WorkerFailure((StartFailure)failed.Reason, Text(failed.Message), Text(failed.Traceback));
                break;
            case MessageType.Forked when ForkedMessage.TryRead(payload, out ForkedMessage forked):
                OnForked(forked);
                break;
            case MessageType.Exited when ExitedMessage.TryRead(payload, out ExitedMessage exited):
                Take((int)exited.ProcessId)?.SetExited((int)exited.Code);
                break;
        }
    }

    private void OnForked(in ForkedMessage message)
    {
        ForkedProcess? worker;
        lock (_lock)
        {
            if (_forking.Remove(message.Sequence, out worker) && message.ProcessId != 0)
            {
                _workers[(int)message.ProcessId] = worker;
            }
        }

        if (message.ProcessId != 0)
        {
            worker?.SetForked((int)message.ProcessId);
        }
        else
        {
            worker?.SetFailed(new WorkerStartException($"the worker could not be forked: {Text(message.Message)}"));
        }
    }

    private ForkedProcess? Take(int pid)
    {
        lock (_lock)
        {
            return _workers.Remove(pid, out ForkedProcess? worker) ? worker : null;
        }
    }

    private void OnLine(int pid, string line, bool isError)
    {
        lock (_lock)
        {
            if (_socket is null && _lines.Length < 4096)
            {
                _lines.AppendLine(line);
            }
        }

        _log.WriteLine(LogIndex, pid, line, isError);
    }

    // On Linux the kernel kills the workers with it; elsewhere they end when their links do, unless this is faster.
    private void End(string python, int pid, int code)
    {
        ForkedProcess[] forking;
        KeyValuePair<int, ForkedProcess>[] workers;
        bool hadLink;
        string lines;
        lock (_lock)
        {
            _hasEnded = true;
            forking = [.. _forking.Values];
            workers = [.. _workers];
            _forking.Clear();
            _workers.Clear();
            (hadLink, lines) = (_socket is not null, _lines.ToString());
        }

        if (!_ready.Task.IsCompleted)
        {
            WorkerFailure failure = _failure ?? new WorkerFailure(
                StartFailure.Internal,
                hadLink ? $"the template process {ExitDescription.Of(code)} while it loaded the application" : PythonFailure.EndedEarly(python, code, lines),
                "");
            _ready.TrySetException(new WorkerStartException(failure.Message) { Failure = failure });
        }
        else if (!_isLeaving)
        {
            WorkersLog.TemplateDied(_logger, pid, ExitDescription.Of(code));
        }

        Array.ForEach(forking, static worker => worker.SetFailed(new WorkerStartException("the template process has ended")));
        foreach ((int worker, ForkedProcess process) in workers)
        {
            _ = LibC.Kill(worker, SigKill);
            process.SetExited(128 + SigKill);
        }
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
