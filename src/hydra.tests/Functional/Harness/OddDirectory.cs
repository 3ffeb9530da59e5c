using System.Diagnostics;
using System.Text;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A directory whose name is no UTF-8, which .NET can neither make nor remove: a shell does.</summary>
public sealed class OddDirectory : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("hydra-test-").FullName;

    /// <summary>Makes it.</summary>
    public OddDirectory() => Shell("mkdir \"$ODD\"");

    /// <summary>Its path.</summary>
    public byte[] Bytes => [.. Encoding.UTF8.GetBytes(_parent + "/caf"), 0xe9];

    /// <summary>Its path, with a character for each byte: Latin-1.</summary>
    public string Text => Encoding.Latin1.GetString(Bytes);

    /// <summary>The directory that it lies in.</summary>
    public string Parent => _parent;

    /// <summary>A command that runs this script, in which $ODD is its path and "$@" the command that follows.</summary>
    public IReadOnlyList<string> Launcher(string script) => ["/bin/sh", "-c", $"ODD=\"{_parent}/$(printf 'caf\\351')\"; set -e; {script}", "sh"];

    /// <summary>Runs a script in which $ODD is its path.</summary>
    public void Shell(string script)
    {
        IReadOnlyList<string> command = Launcher(script);
        using Process process = Process.Start(command[0], command.Skip(1));
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{script} ended with {process.ExitCode}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using Process process = Process.Start("/bin/rm", ["-rf", _parent]);
        process.WaitForExit();
    }
}
