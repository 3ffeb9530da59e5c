using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Hydra.Primitives;
using Hydra.Transport;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// The upgrade of the running server, at SIGUSR2: starts the executable that is there now in the way this one was started, with the
/// listening sockets, and waits until it is ready to serve. Until then nothing changes here. POSIX only.
/// </summary>
internal sealed class Upgrade : IDisposable
{
    private const int Terminate = 15;

    private readonly StartedAs _started;
    private readonly ListenSockets _sockets;
    private readonly ILogger _logger;
    private readonly PosixSignalRegistration? _registration;
    private readonly TaskCompletionSource<int> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private bool _isReady;
    private bool _isUnderWay;
    private bool _isOver;
    private int _child;
    private TimeSpan _limit;
    private StateStores? _state;

    /// <summary>Begins to listen for the signal.</summary>
    public Upgrade(StartedAs started, ListenSockets sockets, ILogger logger)
    {
        _started = started;
        _sockets = sockets;
        _logger = logger;
        if (!OperatingSystem.IsWindows())
        {
            _registration = PosixSignalRegistration.Create((PosixSignal)(OperatingSystem.IsMacOS() ? 31 : 12), OnSignal);
        }
    }

    /// <summary>What a new server may take beside its workers' start.</summary>
    public TimeSpan OwnTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Completes with the process id of the server that has taken over.</summary>
    public Task<int> Done => _done.Task;

    /// <summary>This server serves, so that there is something to take over.</summary>
    /// <param name="startTimeout">How long the workers of the new one may take until they are ready; zero for ever.</param>
    /// <param name="state">What the workers share, which it is to go on with; null for nothing.</param>
    public void Enable(TimeSpan startTimeout, StateStores? state = null)
    {
        _state = state;
        lock (_lock)
        {
            _isReady = true;
            _limit = startTimeout > TimeSpan.Zero ? startTimeout + OwnTime : Timeout.InfiniteTimeSpan;
        }
    }

    /// <summary>This server stops: no upgrade begins, and one that is under way is broken off.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _isOver = true;
            if (_child != 0 && !OperatingSystem.IsWindows())
            {
                _ = LibC.Kill(_child, Terminate);
            }
        }
    }

    /// <summary>Begins an upgrade, as at the signal, unless there is a reason not to, which is logged. Any thread.</summary>
    public void Begin()
    {
        string? refusal;
        if (OperatingSystem.IsWindows())
        {
            HostingLog.UpgradeRefused(_logger, "Windows has no way to pass on what is listened at");
            return;
        }

        lock (_lock)
        {
            refusal = _isOver ? "this server is stopping"
                : !_isReady ? "this server is not ready itself yet"
                : _isUnderWay ? "an upgrade is under way"
                : Environment.ProcessId == 1 ? "this is process 1 of its container, which ends when this process does; replace the container instead"
                : null;
            _isUnderWay |= refusal is null;
        }

        if (refusal is not null)
        {
            HostingLog.UpgradeRefused(_logger, refusal);
            return;
        }

        // Not on the runtime's thread for signals.
        _ = Task.Run(RunAsync);
    }

    /// <summary>Gives the signal back to the system.</summary>
    public void Dispose() => _registration?.Dispose();

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Begin();
    }

    [UnsupportedOSPlatform("windows")]
    private async Task RunAsync()
    {
        string? failure;
        try
        {
            failure = await StartAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failure = e.Message;
        }

        int process;
        lock (_lock)
        {
            process = _child;
            _child = 0;
            _isUnderWay = false;
            _isOver |= failure is null;
        }

        if (failure is null)
        {
            HostingLog.UpgradeDone(_logger, process);
            _done.TrySetResult(process);
        }
        else
        {
            HostingLog.UpgradeFailed(_logger, failure);
        }
    }

    // Null when the new server is ready, else why it is not.
    [UnsupportedOSPlatform("windows")]
    private async Task<string?> StartAsync()
    {
        byte[]? executable = Executable.Find(_started);
        if (executable is null)
        {
            return "the executable is not there any more";
        }

        await using var report = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        ListenSocket[] sockets = [.. _sockets.Open];
        using Socket? state = _state?.Offer();
        List<int> descriptors = [.. sockets.Select(static s => (int)s.Socket.SafeHandle.DangerousGetHandle()), (int)report.ClientSafePipeHandle.DangerousGetHandle()];
        if (state is not null)
        {
            descriptors.Add((int)state.SafeHandle.DangerousGetHandle());
        }

        var inheritance = new Inheritance(
            Environment.ProcessId,
            PosixSpawn.FirstDescriptor + sockets.Length,
            _started.Directory,
            [.. sockets.Select(static (s, i) => new InheritedSocket(s.Key, PosixSpawn.FirstDescriptor + i, s.IsShared, s.OwnsPath))],
            _started.Terminal.IgnoresHangup)
        {
            State = state is null ? null : PosixSpawn.FirstDescriptor + descriptors.Count - 1,
            StateVersion = SuccessionLink.Version,
        };
        byte[] variable = Encoding.UTF8.GetBytes($"{EnvironmentVariables.Inherited}={inheritance.Format()}");
        int error = PosixSpawn.Start(executable, _started.Arguments, [.. _started.Variables, variable], descriptors, out int process);
        report.DisposeLocalCopyOfClientHandle();
        state?.Dispose();
        if (error != 0)
        {
            return $"{Encoding.UTF8.GetString(executable)} cannot be started: {Marshal.GetPInvokeErrorMessage(error)}";
        }

        lock (_lock)
        {
            _child = process;
        }

        HostingLog.UpgradeStarted(_logger, Encoding.UTF8.GetString(executable), process);
        using var reader = new StreamReader(report, Encoding.UTF8);
        using var over = new CancellationTokenSource(_limit);
        string said;
        try
        {
            said = await reader.ReadToEndAsync(over.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Its workers end with it.
            _ = LibC.Kill(process, LibC.SigKill);
            said = FormattableString.Invariant($"it was not ready within {_limit.TotalSeconds:0.#} s, and was killed");
        }

        return said == Predecessor.ReadyText ? null : await DescribeEndAsync(process, said).ConfigureAwait(false);
    }

    [UnsupportedOSPlatform("windows")]
    private static async Task<string> DescribeEndAsync(int process, string said)
    {
        int status = await Task.Run(() =>
        {
            // The runtime leaves alone what it has not started.
            return LibC.Wait(process, out int ended, 0) == process ? ended : 0;
        }).ConfigureAwait(false);
        int signal = status & 0x7f;
        string ending = ExitDescription.Of(signal != 0 ? ExitDescription.SignalBase + signal : (status >> 8) & 0xff);
        return said.Length > 0 ? said : $"the new server {ending} before it was ready";
    }
}
