using System.Buffers.Binary;
using System.Runtime.Versioning;
using System.Text;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>Strangers on the worker socket, and workers whose links say what the protocol does not allow.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LinkAbuseTests
{
    [Theory]
    [InlineData("garbage")]
    [InlineData("an HTTP request")]
    [InlineData("a wrong token")]
    [InlineData("a wrong schema")]
    [InlineData("an unknown worker")]
    [InlineData("an oversized frame")]
    [InlineData("a truncated frame")]
    [InlineData("nothing")]
    public async Task Stranger_OnTheWorkerSocket_IsClosedAndTheServerGoesOn(string what)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        int worker = Assert.Single(server.WorkerPids());
        await using (RawConnection connection = await RawConnection.OpenUnixAsync(FindSocket(server)))
        {
            await connection.SendAsync(Bytes(what));
            if (what is "nothing" or "a truncated frame")
            {
                connection.FinishSending();
            }

            Assert.Empty(await connection.ReadToEndAsync());
        }

        await server.Log.WaitAsync("worker socket was refused");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.Equal([worker], server.WorkerPids());
    }

    [Fact]
    public async Task Strangers_ManyThatSayNothing_DoNotKeepWorkersOut()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        List<RawConnection> strangers = [];
        for (int i = 0; i < 200; i++)
        {
            strangers.Add(await RawConnection.OpenUnixAsync(FindSocket(server)));
        }

        Processes.Signal(Assert.Single(server.WorkerPids()), Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        foreach (RawConnection stranger in strangers)
        {
            await stranger.DisposeAsync();
        }
    }

    [Fact]
    public async Task SocketDirectory_Mode_KeepsOthersOut()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        string directory = Path.GetDirectoryName(FindSocket(server))!;

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        await server.StopAsync();
        Assert.False(Directory.Exists(directory));
    }

    [Theory]
    [InlineData("last-garbage", "uds")]
    [InlineData("last-oversized", "uds")]
    [InlineData("last-wrong-way", "uds")]
    [InlineData("last-garbage", "tcp")]
    [InlineData("first-garbage", "uds")]
    [InlineData("first-oversized", "uds")]
    [InlineData("first-wrong-way", "tcp")]
    [InlineData("first-garbage", "tcp")]
    public async Task Worker_WhoseLinkBreaksTheProtocol_IsReplaced(string how, string transport)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { WorkerTransport = transport });
        int before = Assert.Single(server.WorkerPids());
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /spoil-links/{how} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(502, (await connection.ReadResponseAsync()).Status);
        await server.Log.ExpectErrorAsync("broke the link protocol");
        await server.Log.ExpectErrorAsync("/spoil-links", "502");
        await server.Log.ExpectErrorAsync("starting another");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.NotEqual(before, Assert.Single(server.WorkerPids()));
    }

    [Fact]
    public async Task Worker_ThatDiesWithinAFrame_IsReplaced()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("POST /spoil-links/last-truncated HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(502, (await connection.ReadResponseAsync()).Status);
        await server.Log.ExpectErrorAsync("/spoil-links", "502");
        await server.Log.ExpectErrorAsync("starting another");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    private static string FindSocket(HydraServer server)
        => Assert.Single(Directory.GetFiles(server.RuntimeDirectory, "*.sock", SearchOption.AllDirectories));

    private static byte[] Bytes(string what)
    {
        string wrong = new('0', 64);
        return what switch
        {
            "garbage" => [.. Enumerable.Repeat((byte)0xA5, 4096)],
            "an HTTP request" => Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            "a wrong token" => Hello(WireSchema.Hash, 0, wrong),
            "a wrong schema" => Hello(WireSchema.Hash + 1, 0, wrong),
            "an unknown worker" => Hello(WireSchema.Hash, 999, wrong),
            "an oversized frame" => Frame(ProtocolLimits.MaxPayload + 1, (byte)MessageType.Hello),
            "a truncated frame" => Hello(WireSchema.Hash, 0, wrong)[..^10],
            _ => [],
        };
    }

    private static byte[] Hello(ulong schema, ushort worker, string token)
    {
        byte[] payload = new byte[HelloMessage.FixedSize + token.Length];
        new HelloMessage { Schema = schema, ProcessId = 1, Worker = worker, Token = Encoding.ASCII.GetBytes(token) }.Write(payload);
        return [.. Frame(payload.Length, (byte)MessageType.Hello), .. payload];
    }

    private static byte[] Frame(int length, byte type)
    {
        byte[] header = new byte[ProtocolLimits.HeaderSize];
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        header[4] = type;
        return header;
    }
}
