using System.Text;
using Hydra.Transport;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Many connections in one tick, with shared system calls and without.</summary>
public class BatchedCallsTests
{
    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_OnManyConnectionsAtOnce_EachGetsItsOwnAnswer(bool batches)
    {
        await using LoopHost host = await LoopHost.StartAsync(Mirror, Options(batches));
        List<RawClient> clients = [.. Enumerable.Range(0, 150).Select(_ => host.Connect())];

        for (int round = 0; round < 20; round++)
        {
            await OccupyAsync(host, async () =>
            {
                foreach ((int i, RawClient client) in clients.Index())
                {
                    await client.SendAsync($"GET /{round}-{i} HTTP/1.1\r\nHost: a\r\n\r\n");
                }
            });
            foreach ((int i, RawClient client) in clients.Index())
            {
                Assert.Equal($"/{round}-{i}", await client.ReadResponseAsync());
            }
        }

        clients.ForEach(c => c.Dispose());
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_Pipelined_IsAnsweredInOrder(bool batches)
    {
        await using LoopHost host = await LoopHost.StartAsync(Mirror, Options(batches));
        List<RawClient> clients = [.. Enumerable.Range(0, 8).Select(_ => host.Connect())];
        string requests = string.Concat(Enumerable.Range(0, 200).Select(i => $"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n"));

        await OccupyAsync(host, async () =>
        {
            foreach (RawClient client in clients)
            {
                await client.SendAsync(requests);
            }
        });
        foreach (RawClient client in clients)
        {
            for (int i = 0; i < 200; i++)
            {
                Assert.Equal($"/{i}", await client.ReadResponseAsync());
            }

            client.Dispose();
        }
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clients_ThatResetInTheSameTick_HarmNobodyElse(bool batches)
    {
        await using LoopHost host = await LoopHost.StartAsync(Mirror, Options(batches));
        for (int round = 0; round < 20; round++)
        {
            List<RawClient> clients = [.. Enumerable.Range(0, 40).Select(_ => host.Connect())];
            await OccupyAsync(host, async () =>
            {
                foreach ((int i, RawClient client) in clients.Index())
                {
                    await client.SendAsync($"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n");
                    if (i % 2 == 0)
                    {
                        client.Socket.LingerState = new(true, 0);
                        client.Dispose();
                    }
                }
            });
            foreach ((int i, RawClient client) in clients.Index().Where(pair => pair.Index % 2 == 1))
            {
                Assert.Equal($"/{i}", await client.ReadResponseAsync());
                client.Dispose();
            }
        }
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clients_ThatDoNotRead_GetEverythingOnceTheyDo(bool batches)
    {
        byte[] piece = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789", 400)));
        await using LoopHost host = await LoopHost.StartAsync(
            async context =>
            {
                context.Response.ContentLength = 2000L * piece.Length;
                for (int i = 0; i < 2000; i++)
                {
                    await context.Response.Body.WriteAsync(piece);
                }
            },
            Options(batches));
        List<RawClient> clients = [.. Enumerable.Range(0, 4).Select(_ => host.Connect())];
        foreach (RawClient client in clients)
        {
            await client.SendAsync(RawClient.Get);
        }

        foreach (RawClient client in clients)
        {
            (_, byte[] body) = await client.ReadResponseBytesAsync();
            Assert.Equal(2000 * piece.Length, body.Length);
            Assert.True(body.AsSpan(body.Length - piece.Length).SequenceEqual(piece));
            client.Dispose();
        }
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Abort_RightAfterAFlush_ComesBehindWhatWasFlushed(bool batches)
    {
        await using LoopHost host = await LoopHost.StartAsync(
            async context =>
            {
                context.Response.ContentLength = 10;
                await context.Response.Body.WriteAsync("half."u8.ToArray());
                await context.Response.Body.FlushAsync();
                context.Abort();
            },
            Options(batches));
        using RawClient client = host.Connect();
        await client.SendAsync(RawClient.Get);

        Assert.StartsWith("HTTP/1.1 200 OK", await client.ReadHeadAsync(), StringComparison.Ordinal);
        byte[] body = new byte[5];
        await client.ReadExactlyAsync(body);
        Assert.Equal("half.", Encoding.ASCII.GetString(body));
        await Assert.ThrowsAnyAsync<Exception>(() => client.ReadExactlyAsync(new byte[1]));
    }

    private static TransportOptions Options(bool batches) => new() { Loops = 1, Batches = batches };

    private static Task Mirror(HttpContext context)
    {
        byte[] path = Encoding.ASCII.GetBytes(context.Request.Path.Value!);
        context.Response.ContentLength = path.Length;
        return context.Response.Body.WriteAsync(path).AsTask();
    }

    // Keeps the loop busy until the action is over: what it did is then one tick's events.
    private static async Task OccupyAsync(LoopHost host, Func<Task> action)
    {
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Group.Loops[0].Post(new Job(() =>
        {
            entered.Set();
            leave.Wait();
            left.SetResult();
        }));
        entered.Wait();
        try
        {
            await action();
        }
        finally
        {
            leave.Set();

            // The loop still uses the events until then.
            await left.Task;
        }
    }

    private sealed class Job(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
