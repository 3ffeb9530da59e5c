using Hydra.Protocol;

namespace Hydra.State;

/// <summary>A call, as <see cref="StateCallMessage"/> has it, with its value whole.</summary>
internal readonly ref struct StateCall
{
    /// <summary>The longest time, in milliseconds: a hundred years. What is longer lasts for ever.</summary>
    public const long Longest = 100L * 366 * 24 * 3600 * 1000;

    /// <inheritdoc cref="StateCallMessage.Operation"/>
    public StateOperation Operation { get; init; }

    /// <inheritdoc cref="StateCallMessage.Options"/>
    public StateOptions Options { get; init; }

    /// <inheritdoc cref="StateCallMessage.Number"/>
    public long Number { get; init; }

    /// <inheritdoc cref="StateCallMessage.Other"/>
    public long Other { get; init; }

    /// <inheritdoc cref="StateCallMessage.Milliseconds"/>
    public long Milliseconds { get; init; }

    /// <inheritdoc cref="StateCallMessage.Wait"/>
    public uint Wait { get; init; }

    /// <inheritdoc cref="StateCallMessage.Sequence"/>
    public uint Sequence { get; init; }

    /// <inheritdoc cref="StateCallMessage.Key"/>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <inheritdoc cref="StateCallMessage.Value"/>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>Takes over what a frame says.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="value">The value, where parts of it came before.</param>
    public static StateCall Of(in StateCallMessage frame, ReadOnlySpan<byte> value) => new()
    {
        Operation = (StateOperation)frame.Operation,
        Options = (StateOptions)frame.Options,
        Number = (long)frame.Number,
        Other = (long)frame.Other,
        Milliseconds = (long)Math.Min(frame.Milliseconds, (ulong)Longest),
        Wait = frame.Wait,
        Sequence = frame.Sequence,
        Key = frame.Key,
        Value = value,
    };

    /// <summary>DELETE, CLEAR, COUNT: the kind of entries that is meant. The number says it by the operation that makes them; values, where it is none.</summary>
    public StateSpace Space => Number switch
    {
        (long)StateOperation.Rate => StateSpace.Rate,
        (long)StateOperation.Window => StateSpace.Window,
        _ => StateSpace.Value,
    };

    /// <summary>Whether it is meant so.</summary>
    public bool Has(StateOptions option) => (Options & option) != 0;

    /// <summary>When what it makes ends, in milliseconds of the store's clock.</summary>
    public long EndsAt(long now) => Milliseconds is 0 or Longest ? long.MaxValue : now + Milliseconds;
}
