using Hydra.Primitives;

namespace Hydra.Workers.Processes;

/// <summary>What became of the attempt to put the shim where Python can read it.</summary>
internal abstract record ShimResult
{
    private ShimResult()
    {
    }

    /// <summary>It can be run: python PATH.</summary>
    /// <param name="EntryPath">A file, or an archive in memory.</param>
    public sealed record Ready(string EntryPath) : ShimResult;

    /// <summary>There is no place for it.</summary>
    /// <param name="Reasons">The places that were tried, each with what was wrong.</param>
    public sealed record Failed(IReadOnlyList<string> Reasons) : ShimResult
    {
        /// <summary>The sentence for the user.</summary>
        public string Message
            => $"No directory was found for the worker's code. Set {EnvironmentVariables.RuntimeDirectory} to one that can be written to. Tried:\n"
                + string.Join('\n', Reasons.Select(static reason => "  " + reason));
    }
}
