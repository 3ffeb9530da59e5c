using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>Where the executable puts its worker code, and what it does when it cannot.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PrivateFilesTests
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Fact]
    public async Task Shim_Extracted_IsPrivateAndComplete()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        string shim = Assert.Single(Directory.GetDirectories(server.RuntimeDirectory, "hydra-shim-*"));

        Assert.Equal(Private, File.GetUnixFileMode(shim));
        Assert.Equal(
            await File.ReadAllBytesAsync(RepositoryFiles.At("python", "hydra_shim.py")),
            await File.ReadAllBytesAsync(Path.Combine(shim, "hydra_shim.py")));
    }

    [Fact]
    public async Task Shim_OfAnEarlierServer_IsUsedAgain()
    {
        using var directory = new TestDirectory();
        Directory.CreateDirectory(Path.Combine(directory.Path, "r"));
        for (int i = 0; i < 2; i++)
        {
            await using HydraServer server = await HydraServer.StartAsync(Spec(Path.Combine(directory.Path, "r")));
            Assert.Equal("hello", await server.GetTextAsync("/hello"));
            Assert.Single(Directory.GetDirectories(Path.Combine(directory.Path, "r"), "hydra-shim-*"));
        }
    }

    [Fact]
    public async Task Shim_ChangedByAnother_IsNotRun()
    {
        using var directory = new TestDirectory();
        string runtime = Directory.CreateDirectory(Path.Combine(directory.Path, "r")).FullName;
        await using (HydraServer first = await HydraServer.StartAsync(Spec(runtime)))
        {
        }

        string entry = Path.Combine(Assert.Single(Directory.GetDirectories(runtime, "hydra-shim-*")), "hydra_shim.py");
        await File.WriteAllTextAsync(entry, "print('changed')\nraise SystemExit(1)\n");
        await using HydraServer second = await HydraServer.StartAsync(Spec(runtime));

        Assert.Equal("hello", await second.GetTextAsync("/hello"));
        Assert.Empty(second.Log.Find("changed'"));
        Assert.DoesNotContain("changed')", await File.ReadAllTextAsync(entry), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a link")]
    [InlineData("open to all")]
    [InlineData("a file")]
    public async Task Shim_DirectoryOfAStranger_IsNotUsed(string what)
    {
        using var directory = new TestDirectory();
        string runtime = Directory.CreateDirectory(Path.Combine(directory.Path, "r")).FullName;
        await using (HydraServer first = await HydraServer.StartAsync(Spec(runtime)))
        {
        }

        // The name that the next server will look for is there, but not as it left it.
        string shim = Assert.Single(Directory.GetDirectories(runtime, "hydra-shim-*"));
        string aside = Path.Combine(directory.Path, "aside");
        Directory.Move(shim, aside);
        switch (what)
        {
            case "a link":
                Directory.CreateSymbolicLink(shim, aside);
                break;
            case "open to all":
                Directory.CreateDirectory(shim);
                File.SetUnixFileMode(shim, (UnixFileMode)511);
                break;
            default:
                await File.WriteAllTextAsync(shim, "");
                break;
        }

        await using HydraServer second = await HydraServer.StartAsync(Spec(runtime));
        Assert.Equal("hello", await second.GetTextAsync("/hello"));
        await second.Log.WaitAsync("[WARN]", "HYDRA_RUNTIME_DIR");
        Assert.False(File.Exists(Path.Combine(shim, "hydra_shim.py")) && what != "a link");
    }

    [Theory]
    [InlineData("pool/spawn")]
    [InlineData("pool/forkserver")]
    [InlineData("executor/spawn")]
    [InlineData("pool/spawn", "--preload")]
    public async Task Shim_RemovedWhileWorkersRun_ProcessesOfTheApplicationStartAndSoDoWorkers(string path, params string[] arguments)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("spawning:wsgi") { Arguments = arguments });
        foreach (string directory in Directory.GetDirectories(server.RuntimeDirectory))
        {
            Directory.Delete(directory, recursive: true);
        }

        Assert.Equal("[0, 2, 4, 6] 0", await server.GetTextAsync("/" + path));

        server.Signal(Processes.Hangup);
        await server.Log.WaitUntilReadyAsync(worker: 0, times: 2);
        Assert.NotEmpty(Directory.GetFiles(server.RuntimeDirectory, "hydra_shim.py", SearchOption.AllDirectories));
        Assert.Equal("[0, 2, 4, 6] 0", await server.GetTextAsync("/" + path));
    }

    [Fact]
    public async Task TemporaryDirectory_Unusable_AnotherOneIsTaken()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Variables = new Dictionary<string, string?> { ["HYDRA_RUNTIME_DIR"] = null, ["TMPDIR"] = "/proc", ["HOME"] = null },
        });

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [NamespaceFact]
    public async Task FileSystem_ReadOnlyEverywhere_ServesFromMemory()
    {
        // Nothing that could be written to: a container with --read-only and no volumes.
        const string Script = "for d in /var/tmp /dev/shm; do mount -t tmpfs -o ro none $d || exit 9; done; "
            + "mount --bind /tmp /tmp && mount -o remount,bind,ro /tmp && mount -o remount,bind,ro / || exit 9; cd /; exec \"$@\"";
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("shapes:function")
        {
            Launcher = ["unshare", "--mount", .. NamespaceFactAttribute.UserOptions, "sh", "-c", Script, "sh"],
            WorkingDirectory = "/",
            Variables = new Dictionary<string, string?> { ["HYDRA_RUNTIME_DIR"] = null, ["HOME"] = "/", ["TMPDIR"] = "/no/such/directory" },
        });

        Assert.Equal("asgi function", await server.GetTextAsync("/"));
        await server.Log.WaitAsync("kept in memory");
    }

    private static ServerSpec Spec(string runtime)
        => new("asgi_probe:app") { Variables = new Dictionary<string, string?> { ["HYDRA_RUNTIME_DIR"] = runtime } };
}
