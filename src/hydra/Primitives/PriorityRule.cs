namespace Hydra.Primitives;

/// <summary>How urgent requests for a place are.</summary>
/// <param name="Place">The place.</param>
/// <param name="Priority">How urgent.</param>
internal sealed record PriorityRule(MountPlace Place, RequestPriority Priority);
