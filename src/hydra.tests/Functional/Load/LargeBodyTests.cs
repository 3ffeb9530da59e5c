using System.Globalization;
using System.Security.Cryptography;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Load;

/// <summary>Bodies far larger than any buffer, byte-exact, with memory that does not grow with them.</summary>
[Collection(nameof(AloneCollection))]
public sealed class LargeBodyTests(ServerPool pool) : PooledTests(pool)
{
    private const long Gigabyte = 1L << 30;
    private const long Quarter = 1L << 28;

    // A slow client stops this long after each piece of this size.
    private const int PauseEvery = 4 << 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    [Theory]
    [InlineData("big_asgi", Gigabyte, "fast", "fast")]
    [InlineData("big_wsgi", Gigabyte, "fast", "fast")]
    [InlineData("big_asgi", Gigabyte, "slow", "fast")]
    [InlineData("big_wsgi", Gigabyte, "slow", "fast")]
    [InlineData("big_asgi", Gigabyte, "fast", "slow")]
    [InlineData("big_wsgi", Gigabyte, "fast", "slow")]
    public async Task Download_LargeBody_IsByteExactInBoundedMemory(string app, long size, string client, string application)
    {
        HydraServer server = await StartAsync(app);
        await using RawConnection connection = await server.ConnectAsync();
        var memory = new MemoryWatch(server);
        await connection.GetAsync($"/down/{size}{(application == "slow" ? "/slow" : "")}");
        await connection.ReadHeadAsync();

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = 0;
        long paused = 0;
        while (await connection.ReadChunkAsync() is { Length: > 0 } chunk)
        {
            hash.AppendData(chunk);
            length += chunk.Length;
            if (client == "slow" && length - paused >= PauseEvery)
            {
                paused = length;
                await Task.Delay(Pause);
            }
        }

        Assert.Equal(size, length);
        Assert.Equal(BigData.Digest(size), Convert.ToHexStringLower(hash.GetHashAndReset()));
        memory.AssertBounded();
    }

    [Theory]
    [InlineData("big_asgi", Gigabyte, "fast", "fast")]
    [InlineData("big_wsgi", Gigabyte, "fast", "fast")]
    [InlineData("big_asgi", Gigabyte, "slow", "fast")]
    [InlineData("big_wsgi", Gigabyte, "slow", "fast")]
    [InlineData("big_asgi", Gigabyte, "fast", "slow")]
    [InlineData("big_wsgi", Gigabyte, "fast", "slow")]
    public async Task Upload_LargeBody_IsByteExactInBoundedMemory(string app, long size, string client, string application)
    {
        HydraServer server = await StartAsync(app);
        await using RawConnection connection = await server.ConnectAsync();
        var memory = new MemoryWatch(server);
        await connection.SendAsync($"POST /up{(application == "slow" ? "/slow" : "")} HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n");
        byte[] block = BigData.NewBlock();
        for (long i = 0; i < size / BigData.Block; i++)
        {
            BigData.Number(block, i);
            await connection.SendAsync(block);
            if (client == "slow" && i % (PauseEvery / BigData.Block) == 0)
            {
                await Task.Delay(Pause);
            }
        }

        RawResponse response = await connection.ReadResponseAsync();
        Assert.Equal($"{size} {BigData.Digest(size)}", response.Text);
        memory.AssertBounded();
    }

    [Theory]
    [InlineData("big_asgi")]
    [InlineData("big_wsgi")]
    public async Task Download_ClientThatStopsReading_HoldsNoMemory(string app)
    {
        HydraServer server = await StartAsync(app);
        var memory = new MemoryWatch(server);
        List<RawConnection> idle = [];
        for (int i = 0; i < 8; i++)
        {
            RawConnection connection = await server.ConnectAsync(receiveBuffer: 64 * 1024);
            await connection.GetAsync($"/down/{Quarter}");
            idle.Add(connection);
            if (app == "big_wsgi")
            {
                // Its one thread is held by the first.
                break;
            }
        }

        foreach (RawConnection connection in idle)
        {
            await connection.ReadHeadAsync();
        }

        // One that reads, meanwhile, gets everything.
        if (app == "big_asgi")
        {
            Assert.Equal(Quarter, await CountAsync(server));
        }

        memory.AssertBounded();
        idle.ForEach(connection => connection.Reset());
        Assert.Equal(BigData.Block, await CountAsync(server, BigData.Block));
    }

    private static async Task<long> CountAsync(HydraServer server, long size = Quarter)
    {
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/down/" + size.ToString(CultureInfo.InvariantCulture));
        await connection.ReadHeadAsync();
        long length = 0;
        while (await connection.ReadChunkAsync() is { Length: > 0 } chunk)
        {
            length += chunk.Length;
        }

        return length;
    }

    private async Task<HydraServer> StartAsync(string app)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec(app + ":app"));

        // Once through everything, so that what is loaded lazily does not count as growth.
        await CountAsync(server, 16 << 20);
        using var content = new ByteArrayContent(new byte[16 << 20]);
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/up", UriKind.Relative), content);
        Assert.StartsWith("16777216 ", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        return server;
    }
}

/// <summary>Tests that need both processors for themselves.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
