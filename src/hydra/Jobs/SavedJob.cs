namespace Hydra.Jobs;

/// <summary>A job that waited, for the server that takes this one's place.</summary>
/// <param name="Spec">What it is.</param>
/// <param name="Id">Its number.</param>
/// <param name="Delay">Milliseconds until it may begin.</param>
/// <param name="Attempts">How often it was begun.</param>
/// <param name="QueuedOn">When it was handed over, in milliseconds since 1970.</param>
internal sealed record SavedJob(JobSpec Spec, long Id, long Delay, int Attempts, long QueuedOn);
