using System.Globalization;
using Hydra.Edge;
using Hydra.Files;
using Hydra.Primitives;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Hydra.Tests.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary>What <see cref="RequestRecorder"/> writes of requests that have come as far as a handler.</summary>
public sealed class RequestRecorderTests
{
    private const string Get = "GET /a?q=1 HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task End_RequestsOfAConnection_AreALineEachWithTheirBytes()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest first = await host.Worker.NextRequestAsync();
        host.Worker.Respond(first.Id, 200, "hello");
        await client.ReadResponseAsync();
        await client.SendAsync(Get.Replace("GET", "HEAD", StringComparison.Ordinal));
        SentRequest second = await host.Worker.NextRequestAsync();
        host.Worker.Respond(second.Id, 404, "", ("content-length", "5"));
        await client.ReadHeadAsync();

        Assert.Equal(["\"GET /a?q=1 HTTP/1.1\" 200 5", "\"HEAD /a?q=1 HTTP/1.1\" 404 0"], await host.StopAndReadLinesAsync());
        Assert.Contains($" {client.Socket.LocalEndPoint} ", host.AccessText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task End_TheFrontsOwnAnswer_IsALineWithItsBytes()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Reset(request.Id, ResetReason.ApplicationError);
        Assert.Equal("Internal Server Error\n", await client.ReadResponseAsync());

        Assert.Equal(["\"GET /a?q=1 HTTP/1.1\" 500 22"], await host.StopAndReadLinesAsync());
    }

    [Fact]
    public async Task End_ClientHasLeft_Is499()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        client.Reset();
        Assert.Equal(CancelReason.ClientLeft, await host.Worker.CancelledAsync(request.Id));

        Assert.Equal(["\"GET /a?q=1 HTTP/1.1\" 499 0"], await host.StopAndReadLinesAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task End_ClientHasLeftWithinAFile_CountsWhatItsConnectionWasGiven(bool isOfTheWorker)
    {
        const long Size = 256L * 1024 * 1024;
        using var directory = new TemporaryDirectory();
        string path = directory.File("large.bin", "");
        await using (FileStream file = File.OpenWrite(path))
        {
            file.SetLength(Size);
        }

        await using FrontHost host = await FrontHost.StartAsync(isOfTheWorker ? [] : [Files(directory.Path)]);
        using RawClient client = host.Connect();
        await client.SendAsync(Get.Replace("/a?q=1", "/static/large.bin", StringComparison.Ordinal));
        if (isOfTheWorker)
        {
            host.Worker.RespondFile((await host.Worker.NextRequestAsync()).Id, path);
        }

        await client.ReadHeadAsync();
        client.Reset();

        string line = Assert.Single(await host.StopAndReadLinesAsync());
        Assert.InRange(long.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture), 1, Size - 1);
    }

    private static StaticFiles Files(string directory)
    {
        Assert.Null(MountPlace.Read("/static", out MountPlace place));
        var tree = new StaticTree(new StaticSource(directory, "/static", false), new StaticSettings(), TimeProvider.System, NullLogger.Instance);
        return new StaticFiles([new StaticPlace(place, tree)], new HotFiles(1, 1024 * 1024), new StaticAnswer(NullLogger.Instance), "");
    }
}
