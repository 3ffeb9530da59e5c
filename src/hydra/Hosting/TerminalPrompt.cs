using Hydra.Primitives;

namespace Hydra.Hosting;

/// <summary>
/// A prompt at the terminal that the server was started on: pdb and others who edit a line have the terminal in a mode of their own while they wait for one.
/// </summary>
/// <param name="mayBe">Whether a worker may ask there.</param>
internal sealed class TerminalPrompt(bool mayBe)
{
    private readonly TerminalModes? _before = mayBe && !OperatingSystem.IsWindows() ? TerminalModes.Of(0) : null;

    /// <summary>Whether one is open.</summary>
    public bool IsOpen => !OperatingSystem.IsWindows() && _before is { AreCurrent: false } && Terminal.CanAsk();

    /// <summary>Whoever asked there is gone, and may have had no time to leave the terminal as it was: it shows what is typed again.</summary>
    public void Close()
    {
        if (!OperatingSystem.IsWindows() && IsOpen)
        {
            _before!.Restore();
        }
    }
}
