using Hydra.Primitives;

namespace Hydra.Workers.Processes;

/// <summary>What became of the attempt to find a place for the workers' socket.</summary>
internal abstract record RuntimeDirectoryResult
{
    private RuntimeDirectoryResult()
    {
    }

    /// <summary>There is a directory; to be disposed of at the end.</summary>
    public sealed record Created(RuntimeDirectory Directory) : RuntimeDirectoryResult;

    /// <summary>There is no directory, but Linux has sockets without one.</summary>
    /// <param name="Name">A name that nobody has, without the NUL in front.</param>
    public sealed record Abstract(string Name) : RuntimeDirectoryResult;

    /// <summary>There is no place.</summary>
    /// <param name="Reasons">The places that were tried, each with what was wrong.</param>
    public sealed record Failed(IReadOnlyList<string> Reasons) : RuntimeDirectoryResult
    {
        /// <summary>The sentence for the user.</summary>
        public string Message
            => $"No directory was found for the workers' socket. Set {EnvironmentVariables.RuntimeDirectory} to one that can be written to, with a short path, "
                + "or use --worker-transport tcp. Tried:\n" + string.Join('\n', Reasons.Select(static reason => "  " + reason));
    }
}
