namespace Hydra.Control;

/// <summary>A command that was not done, with a sentence that says why, and what the process ends with.</summary>
/// <param name="message">The sentence.</param>
/// <param name="exitCode">One of the exit codes.</param>
internal sealed class ControlException(string message, int exitCode) : Exception(message)
{
    /// <summary>What the process ends with.</summary>
    public int ExitCode { get; } = exitCode;
}
