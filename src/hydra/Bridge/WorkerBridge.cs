using System.Net;
using System.Net.Sockets;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Workers.Processes;

namespace Hydra.Bridge;

/// <summary>
/// The life of a worker whose application is a program: control link, program, data links, requests, end. Frames of the control link come on its reading
/// side; <see cref="RunAsync"/> is a flow of its own.
/// </summary>
/// <param name="boot">What the front says.</param>
/// <param name="onMainThread">Runs something on the thread that lives as long as the process.</param>
internal sealed class WorkerBridge(BootDocument boot, Action<Action> onMainThread) : IFrontSink
{
    // Sessions have so long from their close to their end, and cancelled requests.
    private static readonly TimeSpan PartingTime = TimeSpan.FromSeconds(2);

    // What a program has to end in, at least, from SIGTERM on. The front waits for 10 s beyond the grace.
    private static readonly TimeSpan LeastEndTime = TimeSpan.FromSeconds(5);

    // What the last answers of a program that has ended may take to be handed on.
    private static readonly TimeSpan LastWordsTime = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan TrimPeriod = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource<TimeSpan> _drain = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _frontGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<DataLink> _links = [];
    private FrontLink _control = null!;
    private ProgramPlaces? _places;
    private volatile bool _isReady;

    /// <summary>Runs to the end.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="SocketException">The front is not there.</exception>
    /// <exception cref="FrontException">The front does not want this worker.</exception>
    public async Task<int> RunAsync()
    {
        _control = await FrontLink.OpenAsync(boot, LinkKind.Control, 0).ConfigureAwait(false);
        using FrontLink control = _control;
        _ = ReadAsync(control, this);
        using ProgramPlaces places = ProgramPlaces.Choose(boot);
        _places = places;
        try
        {
            ProgramCommand command = ProgramCommand.Of(boot, places);
            ProgramProcess program = await StartAsync(command).ConfigureAwait(false);
            return await ServeAsync(program, places, command).ConfigureAwait(false);
        }
        catch (ProgramStartException e)
        {
            control.SendFailed(StartFailure.Internal, e.Message);
            await control.FlushedAsync().ConfigureAwait(false);
            return BridgeProgram.StartFailed;
        }
    }

    void IFrontSink.OnFrame(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case MessageType.Ping when PingMessage.TryRead(payload, out PingMessage ping):
                _control.SendPong(ping.Nonce);
                break;
            case MessageType.Part when PartMessage.TryRead(payload, out PartMessage part):
                Part(part.Sessions != 0);
                break;
            case MessageType.Drain when DrainMessage.TryRead(payload, out DrainMessage drain):
                _drain.TrySetResult(TimeSpan.FromMilliseconds(drain.GraceMilliseconds));
                break;
            case MessageType.Interrupt:
                // About a stream: its CANCEL is on its way, on its own link.
                if (!_isReady && _places is { } places)
                {
                    _control.SendLog(WireLogLevel.Error, $"The worker has taken too long to start: the program does not listen at {places.Description}");
                }

                break;
            default:
                throw new FrontException($"a frame of type {header.Type} is malformed, or may not come here");
        }
    }

    void IFrontSink.OnBatch()
    {
        // Each frame is answered by itself.
    }

    private async Task<ProgramProcess> StartAsync(ProgramCommand command)
    {
        var started = new TaskCompletionSource<ProgramProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        onMainThread(() =>
        {
            try
            {
                started.SetResult(ProgramProcess.Start(command));
            }
            catch (ProgramStartException e)
            {
                started.SetException(e);
            }
        });
        return await started.Task.ConfigureAwait(false);
    }

    private async Task<int> ServeAsync(ProgramProcess program, ProgramPlaces places, ProgramCommand command)
    {
        EndPoint address = await ListeningAsync(program, places).ConfigureAwait(false);
        var service = new ProgramService(address, program.Ended, _control);
        await using var trimmer = new Timer(_ => service.Connections.Trim(), null, TrimPeriod, TrimPeriod);
        for (int i = 0; i < Math.Max(1, boot.DataLinks); i++)
        {
            FrontLink front = await FrontLink.OpenAsync(boot, LinkKind.Data, i).ConfigureAwait(false);
            var link = new DataLink(front, service, boot.RequestStart);
            lock (_links)
            {
                _links.Add(link);
            }

            _ = ReadAsync(front, link);
        }

        _isReady = true;
        _control.SendReady(InterfaceFeatures.WebSockets, OddPath.Decode(command.Path), address is IPEndPoint at ? $"at port {at.Port}" : "at $HYDRA_SOCKET");
        await Task.WhenAny(program.Ended, _drain.Task, _frontGone.Task).ConfigureAwait(false);
        return _drain.Task.IsCompletedSuccessfully ? await EndAsync(program, _drain.Task.Result).ConfigureAwait(false) : await AbandonAsync(program).ConfigureAwait(false);
    }

    // Waits until the program takes connections.
    private async Task<EndPoint> ListeningAsync(ProgramProcess program, ProgramPlaces places)
    {
        using var end = new CancellationTokenSource();
        Task<EndPoint> listening = places.WaitAsync(end.Token);
        await Task.WhenAny(listening, program.Ended, _drain.Task, _frontGone.Task).ConfigureAwait(false);
        if (listening.IsCompletedSuccessfully)
        {
            return listening.Result;
        }

        await end.CancelAsync().ConfigureAwait(false);
        await ((Task)listening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!program.Ended.IsCompleted)
        {
            program.KillAll();
            throw new ProgramStartException("the worker was told to end before its program listened");
        }

        throw new ProgramStartException($"the program {ExitDescription.Of(program.Ended.Result)} before it listened at {places.Description}");
    }

    // The program has ended, or the front has.
    private async Task<int> AbandonAsync(ProgramProcess program)
    {
        if (!program.Ended.IsCompleted)
        {
            program.KillAll();
            return 1;
        }

        // What it had sent before its end.
        await Task.WhenAny(Task.WhenAll(Running()), Task.Delay(LastWordsTime)).ConfigureAwait(false);
        foreach (DataLink link in _links)
        {
            await link.Front.FlushedAsync().WaitAsync(LastWordsTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return program.Ended.Result;
    }

    // DRAIN: the requests, then the program.
    private async Task<int> EndAsync(ProgramProcess program, TimeSpan grace)
    {
        long until = Environment.TickCount64 + (long)grace.TotalMilliseconds;
        _links.ForEach(static link => link.IsDraining = true);
        TimeSpan parting = grace / 2 < PartingTime ? grace / 2 : PartingTime;
        int cancelled = 0;
        if (!await AreOverAsync(grace - parting).ConfigureAwait(false))
        {
            Part(sessions: true);
            if (!await AreOverAsync(parting).ConfigureAwait(false))
            {
                cancelled = _links.Sum(static link => link.CancelAll());
                _ = await AreOverAsync(PartingTime).ConfigureAwait(false);
            }
        }

        program.Terminate();
        TimeSpan left = TimeSpan.FromMilliseconds(Math.Max(until - Environment.TickCount64, LeastEndTime.TotalMilliseconds));
        if (!await program.HasEndedAsync(left).ConfigureAwait(false))
        {
            _control.SendLog(WireLogLevel.Warning, $"The program has not ended {left.TotalSeconds:0} s after SIGTERM, and is killed");
            program.Kill();
        }

        _control.SendGoodbye(cancelled, "");
        await _control.FlushedAsync().ConfigureAwait(false);
        return 0;
    }

    private async Task<bool> AreOverAsync(TimeSpan time)
    {
        Task all = Task.WhenAll(Running());
        await Task.WhenAny(all, Task.Delay(time)).ConfigureAwait(false);
        return all.IsCompleted;
    }

    private IEnumerable<Task> Running() => _links.SelectMany(static link => link.Running);

    private void Part(bool sessions)
    {
        lock (_links)
        {
            _links.ForEach(link => link.Part(sessions));
        }
    }

    // A link that ends means that the front has, or has broken the rules: either way there is nobody to work for.
    private async Task ReadAsync(FrontLink link, IFrontSink sink)
    {
        try
        {
            await link.ReadAsync(sink).ConfigureAwait(false);
        }
        catch (FrontException e)
        {
            await Console.Error.WriteLineAsync($"hydra worker: {e.Message}").ConfigureAwait(false);
        }

        _frontGone.TrySetResult();
    }
}
