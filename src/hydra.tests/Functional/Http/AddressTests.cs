using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Hydra.Primitives;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>Where the server listens.</summary>
public sealed class AddressTests
{
    [Fact]
    public async Task Uds_Request_IsServedWithoutClientAddress()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "hydra.sock");
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--uds", path] });
        await server.Log.WaitAsync("is ready at");
        await using RawConnection connection = await RawConnection.OpenUnixAsync(path);
        JsonElement scope = (await connection.ExchangeAsync("GET /scope HTTP/1.1\r\nHost: a\r\n\r\n")).Json();

        Assert.Equal(JsonValueKind.Null, scope.GetProperty("client").ValueKind);
        Assert.Equal($"[\"{path}\", null]", scope.GetProperty("server").GetRawText());

        // Clients of a Unix socket have nothing but its path to name.
        Assert.Equal("hello", (await connection.ExchangeAsync($"GET /hello HTTP/1.1\r\nHost: {path}\r\n\r\n")).Text);
    }

    [Theory]
    [InlineData("loop", "666")]
    [InlineData("sockets", "666")]
    [InlineData("loop", "660", "--uds-permissions", "660")]
    [UnsupportedOSPlatform("windows")]
    public async Task Uds_Permissions_AreThoseOfTheOption(string transport, string mode, params string[] arguments)
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "hydra.sock");
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--uds", path, "--transport", transport, .. arguments] });
        await server.Log.WaitAsync("is ready at");

        Assert.Equal(mode, Convert.ToString((int)File.GetUnixFileMode(path), 8));
    }

    [PosixTheory]
    [InlineData("loop")]
    [InlineData("sockets")]
    public async Task Uds_Owner_IsThatOfTheOption(string transport)
    {
        // Who is not root may give a file to nobody but himself.
        uint owner = LibC.GetEffectiveUser() is 0 ? 65534 : LibC.GetEffectiveUser();
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "hydra.sock");
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app")
        {
            Port = null,
            Arguments = ["--uds", path, "--transport", transport, "--uds-owner", owner.ToString(CultureInfo.InvariantCulture)],
        });
        await server.Log.WaitAsync("is ready at");

        Assert.Equal(0, FileStatus.Read(path, followLinks: false, out FileStatus status));
        Assert.Equal(owner, status.Owner);
    }

    [Fact]
    public async Task Bind_TwoAddresses_ServesBoth()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "hydra.sock");
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--bind", "127.0.0.1:0", "--bind", "unix:" + path] });
        await server.WaitUntilReadyAsync();

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await using RawConnection connection = await RawConnection.OpenUnixAsync(path);
        Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
    }

    [Theory]
    [InlineData("loop")]
    [InlineData("sockets")]
    public async Task Bind_SocketThatAKilledServerLeft_IsTakenOver(string transport)
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "hydra.sock");
        var spec = new ServerSpec("asgi_probe:app") { Port = null, Transport = transport, Arguments = ["--bind", "127.0.0.1:0", "--bind", "unix:" + path] };
        await using (HydraServer killed = await HydraServer.LaunchAsync(spec))
        {
            await killed.WaitUntilReadyAsync();
            killed.Signal(Processes.Kill);
            await killed.ExitAsync();
        }

        Assert.True(File.Exists(path));
        await using HydraServer server = await HydraServer.LaunchAsync(spec);
        await server.WaitUntilReadyAsync();
        await using RawConnection connection = await RawConnection.OpenUnixAsync(path);
        Assert.Equal("hello", (await connection.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
    }
}
