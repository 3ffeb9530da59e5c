using System.Security.Cryptography;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Wsgi;

/// <summary>wsgi.input: how a body is read.</summary>
public sealed class InputTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [InlineData("read")]
    [InlineData("pieces")]
    [InlineData("line")]
    [InlineData("lines")]
    [InlineData("iteration")]
    public async Task Input_ReadInAnyWay_IsTheBodyAndThenEmpty(string way)
    {
        HydraServer server = await StartAsync();
        byte[] body = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i % 97 == 0 ? '\n' : i * 31 % 256))];
        using var content = new ByteArrayContent(body);
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri($"/body/{way}", UriKind.Relative), content);

        AssertIs(body, await response.ReadJsonAsync());
    }

    [Fact]
    public async Task Input_ReadWithoutASize_IsTheWholeBody()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:bare"));
        byte[] body = RandomNumberGenerator.GetBytes(500_000);
        using var content = new ByteArrayContent(body);
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/body/all", UriKind.Relative), content);

        AssertIs(body, await response.ReadJsonAsync());
    }

    [Fact]
    public async Task Input_ChunkedUpload_EndsWithTheBody()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("POST /body/pieces HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        await connection.SendAsync("5\r\nhello\r\n");
        await connection.SendAsync("6\r\n world\r\n0\r\n\r\n");

        AssertIs("hello world"u8.ToArray(), (await connection.ReadResponseAsync()).Json());
    }

    [Fact]
    public async Task Input_NoBody_IsEmpty()
    {
        HydraServer server = await StartAsync();

        AssertIs([], await server.GetJsonAsync("/body/pieces"));
    }

    [Fact]
    public async Task Expect100_SmallEnough_ContinueIsSentByTheFrontAndNoThreadWaits()
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("POST /body/pieces HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        Assert.Equal("HTTP/1.1 100 Continue", await connection.ReadLineAsync());
        Assert.Equal("", await connection.ReadLineAsync());
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await connection.SendAsync("hello");
        AssertIs("hello"u8.ToArray(), (await connection.ReadResponseAsync()).Json());
    }

    [Theory]
    [InlineData("HTTP/1.1", "x")]
    [InlineData("HTTP/1.0", "100-continue")]
    public async Task Expect_WhatIsNo100Continue_IsAsIfItWereNotThere(string version, string expectation)
    {
        HydraServer server = await StartAsync();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"POST /body/pieces {version}\r\nHost: a\r\nContent-Length: 5\r\nExpect: {expectation}\r\n\r\n");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await connection.SendAsync("hello");

        AssertIs("hello"u8.ToArray(), (await connection.ReadResponseAsync()).Json());
    }

    [Fact]
    public async Task Expect100_NothingIsReadAhead_IsTheApplicationsToDecide()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("wsgi_probe:app") { Arguments = ["--buffer-body", "0"] });
        await using RawConnection reading = await server.ConnectAsync();
        await reading.SendAsync("POST /body/pieces HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue", await reading.ReadLineAsync());
        Assert.Equal("", await reading.ReadLineAsync());
        await reading.SendAsync("hello");
        AssertIs("hello"u8.ToArray(), (await reading.ReadResponseAsync()).Json());

        await using RawConnection connection = await server.ConnectAsync();
        RawResponse response = await connection.ExchangeAsync(
            "POST /no-read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        Assert.Equal(200, response.Status);
    }

    private static void AssertIs(byte[] body, JsonElement answer)
    {
        Assert.Equal(body.Length, answer.GetProperty("length").GetInt32());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), answer.GetProperty("sha256").GetString());
        Assert.Equal(0, answer.GetProperty("rest").GetInt32());
    }

    private Task<HydraServer> StartAsync() => Pool.GetAsync(new ServerSpec("wsgi_probe:app"));
}
