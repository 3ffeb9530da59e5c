using System.Buffers;
using Hydra.Protocol;

namespace Hydra.Workers.Links;

/// <summary>What a worker has said it has counted.</summary>
/// <param name="Outcome">Whether that is all.</param>
/// <param name="Text">Lines, as docs/protocol.md has them. Each answer is an object of its own, by which a new one is told from the last.</param>
internal sealed record CollectedText(CollectOutcome Outcome, ReadOnlyMemory<byte> Text);

/// <summary>
/// What a worker is asked for by COLLECT, and its answers, which may come in parts. It is not asked again before it has answered: one that
/// does not would be buried in questions. Any thread.
/// </summary>
internal sealed class Collections
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiting;
    private ArrayBufferWriter<byte>? _parts;
    private CollectedText? _last;
    private uint _sequence;
    private uint _partsOf;
    private bool _isOver;

    /// <summary>The last answer that is complete; null before the first.</summary>
    public CollectedText? Last
    {
        get
        {
            lock (_lock)
            {
                return _last;
            }
        }
    }

    /// <summary>Takes a number for a question that is about to be sent.</summary>
    /// <param name="sequence">The number, or 0 where there is an answer to wait for already, or none to come.</param>
    /// <returns>Completes when the answer is there, or none will come.</returns>
    public Task Ask(out uint sequence)
    {
        lock (_lock)
        {
            sequence = 0;
            if (_isOver)
            {
                return Task.CompletedTask;
            }

            if (_waiting is null)
            {
                // 0 is what nobody has asked for.
                _sequence = _sequence == uint.MaxValue ? 1 : _sequence + 1;
                sequence = _sequence;
                _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return _waiting.Task;
        }
    }

    /// <summary>An answer has come, or a part of one.</summary>
    /// <param name="sequence">The number of the question; 0 where there was none.</param>
    /// <param name="outcome">Whether it has all that there is.</param>
    /// <param name="text">As much of it.</param>
    /// <param name="more">Whether more follows.</param>
    /// <returns>Null, or the rule that was broken.</returns>
    public string? Add(uint sequence, CollectOutcome outcome, ReadOnlySpan<byte> text, bool more)
    {
        TaskCompletionSource? answered = null;
        lock (_lock)
        {
            if (sequence != 0 && (_waiting is null || sequence != _sequence))
            {
                return "a COLLECTED answers no COLLECT";
            }

            if (_parts is not null && _partsOf != sequence)
            {
                return "a COLLECTED came between the parts of another";
            }

            _parts ??= new ArrayBufferWriter<byte>();
            _partsOf = sequence;
            if (_parts.WrittenCount + text.Length > ProtocolLimits.MaxCollected)
            {
                return "a COLLECTED is longer than it may be";
            }

            _parts.Write(text);
            if (!more)
            {
                _last = new CollectedText(outcome, _parts.WrittenMemory);
                _parts = null;
                if (sequence != 0)
                {
                    (answered, _waiting) = (_waiting, null);
                }
            }
        }

        answered?.TrySetResult();
        return null;
    }

    /// <summary>The worker answers nothing any more.</summary>
    public void End()
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _isOver = true;
            _parts = null;
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.TrySetResult();
    }
}
