namespace Hydra.Edge;

/// <summary>Why code does not run.</summary>
/// <param name="Message">A sentence.</param>
/// <param name="Traceback">The traceback, as Python prints it; empty where there is none.</param>
internal sealed record CodeFailure(string Message, string Traceback);

/// <summary>
/// What requests have to know of code that is being written: whether it is being started, whether it could be, and whether it was changed since a page
/// was shown. Any thread; <c>_lock</c> guards it.
/// </summary>
/// <param name="look">Looks whether files have changed; a change is begun with <see cref="Begin"/> before that completes.</param>
/// <param name="failure">Why the code that was started last does not run; null where it does.</param>
internal sealed class DevelopmentState(Func<Task> look, Func<CodeFailure?> failure)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _settled = NewSource();
    private TaskCompletionSource _next = NewSource();
    private int _begun;
    private int _version;

    /// <summary>Counts what has come of changes. A page that has another number is not of the present code.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Why the present code does not run; null where it does.</summary>
    public CodeFailure? Failure => failure();

    /// <summary>The code that is there now is about to be started: requests wait for it.</summary>
    /// <returns>What <see cref="End"/> wants.</returns>
    public int Begin()
    {
        lock (_lock)
        {
            if (_settled.Task.IsCompleted)
            {
                _settled = NewSource();
            }

            return ++_begun;
        }
    }

    /// <summary>It has started, or could not. Only the last that has begun lets the requests go on.</summary>
    public void End(int begun)
    {
        lock (_lock)
        {
            if (begun != _begun)
            {
                return;
            }

            _version++;
            _settled.TrySetResult();
            _next.TrySetResult();
            _next = NewSource();
        }
    }

    /// <summary>Waits until what files say now has started, or could not.</summary>
    /// <exception cref="OperationCanceledException">The client has left.</exception>
    public async Task WaitAsync(CancellationToken left)
    {
        await look().WaitAsync(left).ConfigureAwait(false);
        Task settled;
        do
        {
            lock (_lock)
            {
                settled = _settled.Task;
            }

            await settled.WaitAsync(left).ConfigureAwait(false);
        }
        while (!IsSettled());
    }

    /// <summary>Waits until the version is another than this, but no longer than that.</summary>
    /// <returns>The version then.</returns>
    /// <exception cref="OperationCanceledException">The client has left.</exception>
    public async Task<int> NextAsync(int known, TimeSpan longest, CancellationToken left)
    {
        Task next;
        lock (_lock)
        {
            next = _version == known ? _next.Task : Task.CompletedTask;
        }

        await Task.WhenAny(next, Task.Delay(longest, left)).ConfigureAwait(false);
        left.ThrowIfCancellationRequested();
        return Version;
    }

    private bool IsSettled()
    {
        lock (_lock)
        {
            return _settled.Task.IsCompleted;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
