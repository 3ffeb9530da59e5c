using Hydra.Primitives;
using Hydra.Workers.Links;

namespace Hydra.Workers.Supervision;

/// <summary>
/// Whether a worker stops before the one that takes its place starts. With <see cref="ReplaceMode.Auto"/> it does so after two of these in a row could
/// not start beside it because of something that only one process can have, until there is other code. For the supervisor's queue alone.
/// </summary>
internal sealed class OverlapRule(ReplaceMode mode)
{
    // The first may have had bad luck: what has just ended may have had a port a little longer.
    private const int Enough = 2;

    private int _inARow;
    private int _generation;

    /// <summary>Whether the old one stops first.</summary>
    /// <param name="generation">Which reload the new one comes after.</param>
    public bool StopsFirst(int generation) => mode is ReplaceMode.StopFirst || (_inARow >= Enough && _generation == generation);

    /// <summary>One could not start beside the old one.</summary>
    /// <returns>Whether that may be because of the old one.</returns>
    public bool OnFailed(WorkerFailure failure, int generation)
    {
        bool isExclusive = mode is ReplaceMode.Auto && ExclusiveFailure.Is(failure);
        _inARow = !isExclusive ? 0 : generation == _generation ? _inARow + 1 : 1;
        _generation = generation;
        return isExclusive;
    }

    /// <summary>One has got ready beside the old one.</summary>
    public void OnReady() => _inARow = 0;
}
