using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Hydra.Transport;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Requests and responses over the loop transport.</summary>
public class LoopHttpTests
{
    [LinuxFact]
    public async Task Get_PlainText_IsAnswered()
    {
        await using LoopHost host = await LoopHost.StartHelloAsync();
        using RawClient client = host.Connect();

        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync(RawClient.Get);
            Assert.Equal("Hello", await client.ReadResponseAsync());
        }
    }

    [LinuxFact]
    public async Task Get_OnEveryConnection_RunsOnTheConnectionsLoop()
    {
        await using LoopHost host = await LoopHost.StartAsync(context =>
        {
            EventLoop loop = context.Features.GetRequiredFeature<ILoopFeature>().Loop;
            context.Response.Headers["x-loop"] = loop.IsCurrent ? $"{loop.Index}" : "none";
            return LoopHost.Hello(context);
        });
        List<RawClient> clients = [.. Enumerable.Range(0, 8).Select(_ => host.Connect())];
        List<string> loops = [];
        foreach (RawClient client in clients)
        {
            await client.SendAsync(RawClient.Get);
            string head = (await client.ReadResponseBytesAsync()).Head;
            loops.Add(head.Split("\r\n").Single(l => l.StartsWith("x-loop: ", StringComparison.Ordinal))[8..]);
        }

        // The loops get as many connections each.
        Assert.Equal("00001111", string.Concat(loops.Order()));
        clients.ForEach(c => c.Dispose());
    }

    [LinuxFact]
    public async Task Post_Upload_ComesBackWhole()
    {
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            context.Response.ContentLength = context.Request.ContentLength;
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        byte[] body = RandomNumberGenerator.GetBytes(8 * 1024 * 1024);
        using RawClient client = host.Connect();

        Task sending = SendPostAsync(client, body);
        byte[] echo = (await client.ReadResponseBytesAsync()).Body;
        await sending;

        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), Convert.ToHexString(SHA256.HashData(echo)));
    }

    [LinuxFact]
    public async Task Post_FromThreadPoolThreads_IsAnsweredWhole()
    {
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await Task.Run(() => context.Request.Body.CopyToAsync(body));
            context.Response.ContentLength = body.Length;
            byte[] bytes = body.ToArray();
            for (int at = 0; at < bytes.Length; at += 10_007)
            {
                int from = at;
                await Task.Run(() => context.Response.Body.WriteAsync(bytes.AsMemory(from, Math.Min(10_007, bytes.Length - from))).AsTask());
            }
        });
        using RawClient client = host.Connect();
        for (int i = 0; i < 5; i++)
        {
            byte[] body = RandomNumberGenerator.GetBytes((i + 1) * 300_001);
            Task sending = SendPostAsync(client, body);
            byte[] echo = (await client.ReadResponseBytesAsync()).Body;
            await sending;

            Bytes.AssertEqual(body, echo);
        }
    }

    [LinuxFact]
    public async Task Pipelining_HundredRequestsInOneWrite_AreAnsweredInOrder()
    {
        await using LoopHost host = await LoopHost.StartAsync(context => WriteAsync(context, context.Request.Path.Value!));
        using RawClient client = host.Connect();
        var requests = new StringBuilder();
        for (int i = 0; i < 100; i++)
        {
            requests.Append(System.Globalization.CultureInfo.InvariantCulture, $"GET /{i} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        }

        await client.SendAsync(requests.ToString());

        for (int i = 0; i < 100; i++)
        {
            Assert.Equal($"/{i}", await client.ReadResponseAsync());
        }
    }

    [LinuxFact]
    public async Task Pipelining_WithBodiesAndHopsToTheThreadPool_IsAnsweredInOrder()
    {
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            string body = await reader.ReadToEndAsync();
            if (body.EndsWith('3'))
            {
                await Task.Yield();
            }

            await WriteAsync(context, body + new string('x', 20_000));
        });
        using RawClient client = host.Connect();
        string[] bodies = [.. Enumerable.Range(0, 200).Select(i => $"body {i}")];
        string requests = string.Concat(bodies.Select(b => $"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {b.Length}\r\n\r\n{b}"));

        Task sending = client.SendAsync(requests);

        foreach (string body in bodies)
        {
            Assert.Equal(body + new string('x', 20_000), await client.ReadResponseAsync());
        }

        await sending;
    }

    [LinuxFact]
    public async Task Request_InSinglesBytes_IsAnswered()
    {
        await using LoopHost host = await LoopHost.StartHelloAsync();
        using RawClient client = host.Connect();
        client.Socket.NoDelay = true;

        foreach (char c in RawClient.Get)
        {
            await client.SendAsync(c.ToString());
        }

        Assert.Equal("Hello", await client.ReadResponseAsync());
    }

    [LinuxFact]
    public async Task Request_WithAHeadOfManyBlocks_IsAnswered()
    {
        await using LoopHost host = await LoopHost.StartAsync(context => WriteAsync(context, context.Request.Headers["x-7"].ToString()));
        using RawClient client = host.Connect();
        string headers = string.Concat(Enumerable.Range(0, 10).Select(i => $"x-{i}: {new string((char)('a' + i), 2500)}\r\n"));

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");

        Assert.Equal(new string('h', 2500), await client.ReadResponseAsync());
    }

    [LinuxFact]
    public async Task Continue_IsSentBeforeTheBodyComes()
    {
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await WriteAsync(context, await reader.ReadToEndAsync());
        });
        using RawClient client = host.Connect();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue", await client.ReadHeadAsync());
        await client.SendAsync("abc");

        Assert.Equal("abc", await client.ReadResponseAsync());
    }

    [LinuxFact]
    public async Task Upgrade_BothDirections_Work()
    {
        await using LoopHost host = await LoopHost.StartAsync(async context =>
        {
            using Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            byte[] buffer = new byte[100];
            int count;
            while ((count = await stream.ReadAsync(buffer)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, count));
            }
        });
        using RawClient client = host.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101", await client.ReadHeadAsync(), StringComparison.Ordinal);

        byte[] echo = new byte[5];
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync($"ping{i}");
            await client.ReadExactlyAsync(echo);
            Assert.Equal($"ping{i}", Encoding.ASCII.GetString(echo));
        }

        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Empty(await client.ReadToEndAsync());
    }

    [LinuxFact]
    public async Task Connection_ItsFeatures_TellWhoAndWhere()
    {
        await using LoopHost host = await LoopHost.StartAsync(context =>
        {
            ConnectionInfo connection = context.Connection;
            var endPoints = context.Features.Get<IConnectionEndPointFeature>();
            Assert.NotNull(context.Features.Get<IMemoryPoolFeature>());
            Assert.Equal(endPoints?.LocalEndPoint, new IPEndPoint(connection.LocalIpAddress!, connection.LocalPort));
            return WriteAsync(context, $"{connection.RemoteIpAddress} {connection.RemotePort} {connection.LocalIpAddress} {connection.LocalPort}");
        });
        using RawClient client = host.Connect();

        await client.SendAsync(RawClient.Get);

        int port = ((IPEndPoint)client.Socket.LocalEndPoint!).Port;
        Assert.Equal($"127.0.0.1 {port} 127.0.0.1 {host.Port}", await client.ReadResponseAsync());
    }

    internal static Task WriteAsync(HttpContext context, string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes).AsTask();
    }

    internal static async Task SendPostAsync(RawClient client, byte[] body)
    {
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\n\r\n");
        await client.SendAsync(body);
    }
}
