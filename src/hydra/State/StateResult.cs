using Hydra.Protocol;

namespace Hydra.State;

/// <summary>What became of a call.</summary>
/// <param name="Status">How it went.</param>
/// <param name="Number">A number: the value where that is one, a count, what is left.</param>
/// <param name="Other">A version, a token, or a time in milliseconds.</param>
/// <param name="IsNumber">Whether the value is the number.</param>
/// <param name="Value">The value; not to be written to.</param>
internal readonly record struct StateResult(StateStatus Status, long Number = 0, long Other = 0, bool IsNumber = false, byte[]? Value = null)
{
    /// <summary>It was done, and there is nothing to say of it.</summary>
    public static StateResult Done { get; } = new(StateStatus.Done);
}

/// <summary>Who has made a call that takes its time.</summary>
internal interface IStateCaller
{
    /// <summary>What became of it. Any thread, not under the store's gate; must not block.</summary>
    void Reply(uint sequence, in StateResult result);
}

/// <summary>A process that uses the state: what it holds is free when it has ended. <see cref="StateStore"/> guards it.</summary>
internal sealed class StateOwner
{
    /// <summary>What it holds.</summary>
    public HashSet<StateLease> Leases { get; } = [];

    /// <summary>What it waits for.</summary>
    public HashSet<StateWaiter> Waiters { get; } = [];
}
