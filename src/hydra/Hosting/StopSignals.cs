using System.Runtime.InteropServices;

namespace Hydra.Hosting;

/// <summary>
/// Turns SIGTERM, SIGINT and SIGQUIT (on Windows Ctrl-C, Ctrl-Break and the console's closing) into a request to stop; a second
/// one asks to stop at once, where there is no delay for it to cut short. Any thread.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    /// <summary>
    /// What comes sooner after the first is the same wish: Ctrl-C reaches the whole group of a terminal, and a wrapper in it passes on what
    /// the server has got already.
    /// </summary>
    public static readonly TimeSpan Apart = TimeSpan.FromSeconds(0.5);

    private readonly TaskCompletionSource<PosixSignal> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _third = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly PosixSignalRegistration[] _registrations;
    private long _lastAt;

    /// <summary>Begins to listen.</summary>
    /// <param name="time">The clock.</param>
    public StopSignals(TimeProvider time)
    {
        _time = time;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Handle),
        ];
    }

    /// <summary>Completes at the first signal.</summary>
    public Task<PosixSignal> First => _first.Task;

    /// <summary>Completes at the second signal.</summary>
    public Task Second => _second.Task;

    /// <summary>Completes at the wish after the latest: the first, the second, or the third.</summary>
    public Task Next => !_first.Task.IsCompleted ? _first.Task : !_second.Task.IsCompleted ? _second.Task : _third.Task;

    /// <summary>Counts a signal that has come: as the first wish, the second, the third, or the same as the one just before.</summary>
    public void Note(PosixSignal signal)
    {
        lock (_lock)
        {
            if (!_first.Task.IsCompleted)
            {
                _lastAt = _time.GetTimestamp();
                _first.TrySetResult(signal);
            }
            else if (_time.GetElapsedTime(_lastAt) >= Apart)
            {
                _lastAt = _time.GetTimestamp();
                _ = _second.TrySetResult() || _third.TrySetResult();
            }
        }
    }

    /// <summary>Gives the signals back to the system.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        Note(context.Signal);
    }
}
