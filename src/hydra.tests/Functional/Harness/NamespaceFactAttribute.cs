using System.Diagnostics;
using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A test that changes mounts in a namespace of its own; skipped where the system does not let it.</summary>
public sealed class NamespaceFactAttribute : FactAttribute
{
    /// <summary>Asks the system.</summary>
    public NamespaceFactAttribute()
    {
        if (!IsAllowed)
        {
            Skip = "this system allows no mount namespaces";
        }
    }

    /// <summary>What unshare needs when this is not root.</summary>
    public static IReadOnlyList<string> UserOptions { get; } = Environment.IsPrivilegedProcess ? [] : ["--user", "--map-root-user"];

    private static bool IsAllowed { get; } = Try();

    private static bool Try()
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo("unshare", ["--mount", .. UserOptions, "sh", "-c", "mount -t tmpfs none /tmp"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
