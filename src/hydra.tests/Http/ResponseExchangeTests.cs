using Hydra.Http;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What a worker may answer with beside bytes: files (<see cref="FileRange"/>) and hints, as <see cref="ResponseExchange"/> takes them and <see cref="EarlyHints"/> says them.</summary>
public sealed class ResponseExchangeTests : IDisposable
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0, ulong.MaxValue, "0123456789")]
    [InlineData(3, ulong.MaxValue, "3456789")]
    [InlineData(3, 4, "3456")]
    [InlineData(8, 3, "89")]
    [InlineData(10, ulong.MaxValue, "")]
    [InlineData(ulong.MaxValue, 2, "")]
    [InlineData(ulong.MaxValue, ulong.MaxValue, "")]
    public async Task OnFileResponse_PartOfAFile_IsTheBodyWithItsLength(ulong offset, ulong length, string expected)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        string path = _directory.File("a.txt", "0123456789");
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            host.Worker.RespondFile((await host.Worker.NextRequestAsync()).Id, path, offset, length);

            Assert.Equal(expected, await client.ReadResponseAsync());
        }
    }

    [Theory]
    [InlineData("none", "Not Found\n")]
    [InlineData("a.txt/none", "Not Found\n")]
    [InlineData("", "Internal Server Error\n")]
    public async Task OnFileResponse_WhatCannotBeSent_IsAnError(string name, string expected)
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        _directory.File("a.txt", "0123456789");
        await client.SendAsync(Get);
        host.Worker.RespondFile((await host.Worker.NextRequestAsync()).Id, Path.Combine(_directory.Path, name));

        Assert.Equal(expected, await client.ReadResponseAsync());
    }

    [Fact]
    public async Task OnFile_BehindAPartOfTheBody_ComesBehindIt()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        ulong id = (await host.Worker.NextRequestAsync()).Id;
        host.Worker.BeginResponse(id, 200, "first ", ("content-length", "16"));
        host.Worker.SendFile(id, _directory.File("a.txt", "0123456789"), end: true);

        Assert.Equal("first 0123456789", await client.ReadResponseAsync());
    }

    // What the worker does wrong is never sent: a second head in the fields.
    [Fact]
    public async Task OnHint_Fields_AreAnAnswerOfTheirOwnWithoutThoseOfTheConnection()
    {
        await using FrontHost host = await FrontHost.StartAsync();
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        ulong id = (await host.Worker.NextRequestAsync()).Id;
        host.Worker.Hint(id, ("Link", "</a>"), ("Connection", "close"), ("Content-Length", "3"));
        host.Worker.Hint(id, ("Link", "</b>\r\nX: y"));
        host.Worker.Respond(id, 200, "hello");

        Assert.Equal("HTTP/1.1 103 Early Hints\r\nLink: </a>", await client.ReadHeadAsync());
        Assert.Equal("hello", await client.ReadResponseAsync());
    }
}
