using System.Diagnostics;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>The published file itself.</summary>
public sealed class ExecutableTests
{
    // Five of them are OpenSSL.
    [Fact]
    public void Executable_Size_IsBelow28Megabytes()
    {
        Assert.InRange(new FileInfo(Repository.Executable).Length, 1_000_000, 28_000_000);
    }

    [Fact]
    public async Task Executable_Libraries_AreTheLibcsOnly()
    {
        using Process ldd = Process.Start(new ProcessStartInfo("ldd", [Repository.Executable]) { RedirectStandardOutput = true })!;
        string output = await ldd.StandardOutput.ReadToEndAsync();
        await ldd.WaitForExitAsync();

        string[] needed = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Path.GetFileName(line.Trim().Split(' ')[0]))];
        string[] ofTheLibc = ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"];
        Assert.Contains("libc.so.6", needed);
        Assert.All(needed, name => Assert.True(
            ofTheLibc.Contains(name) || name.StartsWith("linux-vdso", StringComparison.Ordinal) || name.StartsWith("ld-linux", StringComparison.Ordinal),
            name));
    }

    [Fact]
    public async Task Executable_AloneInAnEmptyDirectory_Serves()
    {
        using var directory = new TestDirectory();
        string copy = Path.Combine(directory.Path, "hydra");
        File.Copy(Repository.Executable, copy);
        directory.Write("myapp.py", """
            async def app(scope, receive, send):
                assert scope["type"] == "http"
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"from a copy"})
            """);
        await using var command = new RunningCommand(
            [copy, "--app", "myapp:app", "--uds", "socket", "--python", Repository.Python], directory.Path, []);
        await command.Log.WaitAsync("is ready at");
        await using (RawConnection connection = await RawConnection.OpenUnixAsync(Path.Combine(directory.Path, "socket")))
        {
            Assert.Equal("from a copy", (await connection.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        }

        Processes.Signal(command.Pid, Processes.Terminate);
        Assert.Equal(0, await command.ExitAsync());
    }
}
