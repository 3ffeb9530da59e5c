namespace Hydra.Jobs;

/// <summary>What the processes of a pool of workers may have done, and do.</summary>
/// <param name="Desk">Where.</param>
/// <param name="Deferred">Where functions wait that they defer; null where they may not.</param>
/// <param name="Serves">The jobs that they do; null where they do none.</param>
internal sealed record JobAccess(JobDesk Desk, JobLane? Deferred, JobLane? Serves);
