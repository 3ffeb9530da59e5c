namespace Hydra.Transport;

/// <summary>What has come of a send that an output had left to its loop.</summary>
/// <param name="NeedsCare">Whether <see cref="LoopConnection.OnSent"/> is to follow.</param>
/// <param name="IsBlocked">Whether the kernel did not take all.</param>
internal readonly record struct SendOutcome(bool NeedsCare, bool IsBlocked);
