namespace Hydra.Workers.Links;

/// <summary>
/// The questions that a worker owes answers to: INSPECT by its number. Who asked stops waiting when it likes, and an answer that comes later is
/// for nobody. Any thread.
/// </summary>
internal sealed class Inspections
{
    // A worker that does not answer is asked again and again by whoever looks: more than these wait for nothing.
    private const int Most = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<uint, TaskCompletionSource<string?>> _waiting = [];
    private uint _last;
    private bool _isOver;

    /// <summary>Takes a number for a question that is about to be sent.</summary>
    /// <param name="sequence">The number, from 1.</param>
    /// <returns>The answer; null when the worker ends without one, or owes too many already.</returns>
    public Task<string?> Ask(out uint sequence)
    {
        lock (_lock)
        {
            sequence = ++_last;
            if (_isOver || _waiting.Count >= Most)
            {
                return Task.FromResult<string?>(null);
            }

            var answer = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(sequence, answer);
            return answer.Task;
        }
    }

    /// <summary>Nobody waits for the answer any more.</summary>
    public void Forget(uint sequence)
    {
        lock (_lock)
        {
            _waiting.Remove(sequence);
        }
    }

    /// <summary>An answer has come.</summary>
    /// <returns>False when nobody has ever asked that.</returns>
    public bool Answer(uint sequence, string text)
    {
        TaskCompletionSource<string?>? answer;
        lock (_lock)
        {
            if (sequence == 0 || sequence > _last)
            {
                return false;
            }

            _waiting.Remove(sequence, out answer);
        }

        answer?.TrySetResult(text);
        return true;
    }

    /// <summary>The worker answers nothing any more.</summary>
    public void End()
    {
        TaskCompletionSource<string?>[] waiting;
        lock (_lock)
        {
            _isOver = true;
            waiting = [.. _waiting.Values];
            _waiting.Clear();
        }

        Array.ForEach(waiting, static answer => answer.TrySetResult(null));
    }
}
