using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>Which Python runs the workers.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PythonChoiceTests
{
    [Fact]
    public async Task Python_Option_CountsMost()
    {
        using var directory = new TestDirectory();
        await MakeEnvironmentAsync(Path.Combine(directory.Path, "active"));
        JsonElement process = await ProcessAsync(Spec() with { Variables = Variable("VIRTUAL_ENV", Path.Combine(directory.Path, "active")) });

        Assert.DoesNotContain("active", process.GetProperty("prefix").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Python_ActiveEnvironment_CountsMoreThanTheApplications()
    {
        using var directory = new TestDirectory();
        await MakeEnvironmentAsync(Path.Combine(directory.Path, "active"));
        await MakeEnvironmentAsync(Path.Combine(directory.Path, "app", ".venv"));
        JsonElement process = await ProcessAsync(Spec() with
        {
            Python = null,
            AppDirectory = CopyProbe(directory),
            Variables = Variable("VIRTUAL_ENV", Path.Combine(directory.Path, "active")),
        });

        Assert.Equal(Path.Combine(directory.Path, "active"), process.GetProperty("prefix").GetString());
    }

    [Fact]
    public async Task Python_EnvironmentBesideTheApplication_CountsMoreThanThePath()
    {
        using var directory = new TestDirectory();
        await MakeEnvironmentAsync(Path.Combine(directory.Path, "app", ".venv"));
        JsonElement process = await ProcessAsync(Spec() with { Python = null, AppDirectory = CopyProbe(directory) });

        Assert.Equal(Path.Combine(directory.Path, "app", ".venv"), process.GetProperty("prefix").GetString());
    }

    [Fact]
    public async Task Python_OnThePath_IsTheLastResort()
    {
        using var directory = new TestDirectory();
        File.CreateSymbolicLink(Path.Combine(directory.Path, "python3"), Repository.Python);
        JsonElement process = await ProcessAsync(Spec() with { Python = null, Variables = Variable("PATH", directory.Path) });

        Assert.Equal(Path.Combine(directory.Path, "python3"), process.GetProperty("executable").GetString());
    }

    [Fact]
    public async Task Python_None_SaysWhereItLooked()
    {
        using var directory = new TestDirectory();
        string log = await FailAsync(Spec() with { Python = null, Variables = Variable("PATH", directory.Path) });

        Assert.Contains("No Python was found", log, StringComparison.Ordinal);
        Assert.Contains("--python", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/no/such/python", "does not exist")]
    [InlineData("/etc/passwd", "not an executable")]
    [InlineData("no-such-python", "no command")]
    [InlineData("/bin/true", "/bin/true")]
    public async Task Python_ThatIsNone_SaysSo(string python, string sentence)
    {
        string log = await FailAsync(Spec() with { Python = python });

        Assert.Contains(sentence, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Python_TooOld_SaysSo()
    {
        using var directory = new TestDirectory();

        // What an old Python says to syntax that it does not know.
        string python = directory.Write("python3.6", """
            #!/bin/sh
            echo "  File \"hydra_shim.py\", line 14" >&2
            echo "    from __future__ import annotations" >&2
            echo "    ^" >&2
            echo "SyntaxError: future feature annotations is not defined" >&2
            exit 1
            """);
        File.SetUnixFileMode(python, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string log = await FailAsync(Spec() with { Python = python });

        Assert.Contains("3.8", log, StringComparison.Ordinal);
    }

    private static ServerSpec Spec() => new("asgi_probe:app");

    private static Dictionary<string, string?> Variable(string name, string value) => new() { [name] = value };

    private static string CopyProbe(TestDirectory directory)
    {
        foreach (string name in new[] { "asgi_probe.py", "signals_board.py" })
        {
            directory.Write(Path.Combine("app", name), File.ReadAllText(Path.Combine(Repository.Apps, name)));
        }

        return Path.Combine(directory.Path, "app");
    }

    // What venv makes, without pip: a link to the interpreter and a file that names its home.
    private static async Task MakeEnvironmentAsync(string path)
    {
        using Process process = Process.Start(Repository.Python, ["-m", "venv", "--without-pip", path]);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    private static async Task<JsonElement> ProcessAsync(ServerSpec spec)
    {
        await using HydraServer server = await HydraServer.StartAsync(spec);
        return await server.GetJsonAsync("/process");
    }

    private static async Task<string> FailAsync(ServerSpec spec)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(spec);
        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("[CRIT]");
        return server.Log.Text;
    }
}
