using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Behind;

/// <summary>What the front says without asking the application.</summary>
public sealed class AnswerOptionsTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [InlineData("", 301, "https://test/show", null)]
    [InlineData("X-Forwarded-Proto: https\r\n", 200, null, "max-age=60")]
    public async Task Https_WhatAProxySays_DecidesOfTheRedirect(string field, int status, string? location, string? security)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("behind:flask_app") { Arguments = ["--redirect-https", "--hsts", "60"] });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/show", field);
        RawResponse response = await connection.ReadResponseAsync();

        Assert.Equal((status, location, security), (response.Status, response.Value("Location"), response.Value("Strict-Transport-Security")));
    }

    [Theory]
    [InlineData("test", "/show", 200)]
    [InlineData("evil", "/show", 400)]
    [InlineData("test", "/old/x", 302)]
    public async Task Fields_OfServedAndRefused_AreThere(string host, string path, int status)
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("behind:flask_app")
        {
            Arguments = ["--allowed-host", "test", "--header", "X-Test: 1", "--header", "/show: Content-Type: text/x", "--redirect", "/old/*=/show"],
        });
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"GET {path} HTTP/1.1\r\nHost: {host}:80\r\n\r\n");
        RawResponse response = await connection.ReadResponseAsync();

        Assert.Equal((status, "1"), (response.Status, response.Value("X-Test")));
        Assert.Equal(path == "/show" ? "text/x" : "text/plain; charset=utf-8", response.Value("Content-Type"));
    }
}
