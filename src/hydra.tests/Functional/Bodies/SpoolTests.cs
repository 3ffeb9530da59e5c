using System.Security.Cryptography;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Functional.Load;
using Xunit;

namespace Hydra.Tests.Functional.Bodies;

/// <summary>--spool: large bodies go to disk before a worker gets their request.</summary>
[Collection(nameof(AloneCollection))]
public sealed class SpoolTests(ServerPool pool) : PooledTests(pool)
{
    private const long Large = 192L << 20;
    private const int FourMebibytes = 4 << 20;

    [Theory]
    [InlineData("big_asgi", "length")]
    [InlineData("big_wsgi", "length")]
    [InlineData("big_asgi", "chunked")]
    public async Task Upload_Large_IsByteExactInBoundedMemory(string app, string coding)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec($"{app}:app") { Arguments = ["--spool"] });
        await using RawConnection connection = await server.ConnectAsync();
        var memory = new MemoryWatch(server);
        string head = coding == "chunked" ? "Transfer-Encoding: chunked" : $"Content-Length: {Large}";
        await connection.SendAsync($"POST /up HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n");
        byte[] block = BigData.NewBlock();
        for (long i = 0; i < Large / BigData.Block; i++)
        {
            BigData.Number(block, i);
            await connection.SendAsync(coding == "chunked" ? $"{BigData.Block:x}\r\n" : "");
            await connection.SendAsync(block);
            await connection.SendAsync(coding == "chunked" ? "\r\n" : "");
        }

        await connection.SendAsync(coding == "chunked" ? "0\r\n\r\n" : "");
        Assert.Equal($"{Large} {BigData.Digest(Large)}", (await connection.ReadResponseAsync()).Text);
        memory.AssertBounded();
    }

    [Theory]
    [InlineData("Content-Length: 4194304\r\n\r\n")]
    [InlineData("Content-Length: 4194304\r\nExpect: 100-continue\r\n\r\n")]
    public async Task SlowBody_LargerThanMemoryMayHold_IsHeldUpForNobody(string rest)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:bare") { Arguments = ["--spool"] });
        await using RawConnection slow = await server.ConnectAsync();
        byte[] body = RandomNumberGenerator.GetBytes(FourMebibytes);
        await slow.SendAsync($"POST /body/pieces HTTP/1.1\r\nHost: a\r\n{rest}");
        if (rest.Contains("Expect", StringComparison.Ordinal))
        {
            Assert.Equal("HTTP/1.1 100 Continue", await slow.ReadLineAsync());
            Assert.Equal("", await slow.ReadLineAsync());
        }

        await slow.SendAsync(body.AsMemory(..^1));
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await slow.SendAsync(body.AsMemory(^1..));

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), (await slow.ReadResponseAsync()).Json().GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task Spool_Files_HaveNoName()
    {
        using var directory = new TestDirectory();
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi_probe:app", directory.Path));
        await using RawConnection slow = await server.ConnectAsync();
        await slow.SendAsync($"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: {FourMebibytes}\r\n\r\n");
        await slow.SendAsync(new byte[FourMebibytes - 1]);
        await Eventually.HoldsAsync(() => OpenFilesIn(server.Pid, directory.Path) == 1, "a file of the body");

        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
        await slow.SendAsync(new byte[1]);
        Assert.Equal(200, (await slow.ReadResponseAsync()).Status);
        await Eventually.HoldsAsync(() => OpenFilesIn(server.Pid, directory.Path) == 0, "the end of the file");
    }

    [Fact]
    public async Task Spool_DirectoryRemoved_IsMadeAgain()
    {
        using var parent = new TestDirectory();
        string directory = Path.Combine(parent.Path, "bodies");
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi_probe:app", directory));
        await UploadAsync(server);
        Directory.Delete(directory);
        await UploadAsync(server);

        Assert.True(Directory.Exists(directory));
        Assert.Empty(server.Log.Find("[WARN]"));
    }

    [Fact]
    public async Task Spool_DirectoryOutOfReach_StreamsSaysSoAndRecovers()
    {
        using var parent = new TestDirectory();
        string directory = Path.Combine(parent.Path, "bodies");
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi_probe:app", directory));
        Directory.Delete(directory);
        await File.WriteAllTextAsync(directory, "a file in its place");
        await UploadAsync(server);
        await UploadAsync(server);
        Assert.Single(server.Log.Find("[WARN]", "Bodies cannot be written to disk", directory));

        File.Delete(directory);
        await UploadAsync(server);
        await server.Log.WaitAsync("Bodies are written to disk again; 1 more");
    }

    [Fact]
    public async Task Spool_LimitReached_StreamsAndSaysSo()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--spool", "--spool-limit", "2m"] });
        await UploadAsync(server);

        await server.Log.WaitAsync("[WARN]", "Bodies cannot be written to disk", "--spool-limit");
    }

    [NamespaceFact]
    public async Task Spool_DiskFull_StreamsSaysSoAndRecovers()
    {
        const string Script = "d=$1; shift; mount -t tmpfs -o size=3m none \"$d\" || exit 9; exec \"$@\"";
        using var directory = new TestDirectory();
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi_probe:app", directory.Path) with
        {
            Launcher = ["unshare", "--mount", .. NamespaceFactAttribute.UserOptions, "sh", "-c", Script, "sh", directory.Path],
        });
        await UploadAsync(server);
        await server.Log.WaitAsync("[WARN]", "Bodies cannot be written to disk", "No space left on device");

        await UploadAsync(server, 2 << 20);
        await server.Log.WaitAsync("Bodies are written to disk again");
    }

    [Fact]
    public async Task Spool_DirectoryThatCannotBeUsed_SaysSoAndExitsWith3()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec("asgi_probe:app", "/proc/nothing"));

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("bodies cannot be written to disk (--spool): /proc/nothing");
    }

    private static ServerSpec Spec(string app, string directory) => new(app) { Arguments = ["--spool", "--spool-dir", directory] };

    private static async Task UploadAsync(HydraServer server, int size = FourMebibytes)
    {
        byte[] body = RandomNumberGenerator.GetBytes(size);
        using var content = new ByteArrayContent(body);
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/body", UriKind.Relative), content);
        string answer = await response.Content.ReadAsStringAsync();

        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(body)), answer, StringComparison.Ordinal);
    }

    private static int OpenFilesIn(int pid, string directory)
        => Directory.GetFiles($"/proc/{pid}/fd").Count(fd => TargetOf(fd).StartsWith(directory, StringComparison.Ordinal));

    // Empty where the descriptor was closed after it was listed.
    private static string TargetOf(string fd)
    {
        try
        {
            return File.ResolveLinkTarget(fd, returnFinalTarget: false)?.FullName ?? "";
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }
}
