using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>A Flask application.</summary>
public sealed class FlaskTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Session_LogInCountAndLogOut_IsKeptByTheCookie(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        using var browser = new Browser(server);
        using HttpResponseMessage login = await browser.PostAsync("/login", ("name", "Ada"));

        Assert.Equal(HttpStatusCode.Found, login.StatusCode);
        Assert.Equal("Hello, Ada", await browser.GetAsync("/"));
        for (int i = 1; i <= 5; i++)
        {
            Assert.Equal($"{i}", await browser.GetAsync("/visits"));
        }

        using HttpResponseMessage logout = await browser.PostAsync("/logout");
        Assert.Equal("Hello, stranger", await browser.GetAsync("/"));
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Upload_FileAndField_ArriveByteExact(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        byte[] file = RandomNumberGenerator.GetBytes(2_000_000);
        using var content = new ByteArrayContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using var form = new MultipartFormDataContent { { content, "file", "picture.png" }, { new StringContent("größe"), "note" } };
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/upload", UriKind.Relative), form);
        JsonElement answer = await response.ReadJsonAsync();

        Assert.Equal("picture.png", answer.GetProperty("name").GetString());
        Assert.Equal("image/png", answer.GetProperty("type").GetString());
        Assert.Equal("größe", answer.GetProperty("note").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file)), answer.GetProperty("sha256").GetString());
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Response_Generator_IsComplete(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);

        Assert.Equal(string.Concat(Enumerable.Range(0, 1000).Select(i => $"row {i}\n")), await server.GetTextAsync("/stream"));
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Request_JsonAndUrl_AreWhatTheClientSent(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(new Uri("/json", UriKind.Relative), new { Name = "é", Number = 3 });
        JsonElement where = await server.GetJsonAsync("/where/a%20b/c%C3%A9?q=1");

        Assert.Equal("""{"name":"\u00e9","number":3}""", (await response.ReadJsonAsync()).GetProperty("received").GetRawText());
        Assert.Equal("a b/cé", where.GetProperty("rest").GetString());
        Assert.Equal("", where.GetProperty("script").GetString());
    }

    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task View_AbortsOrRaises_GivesFlasksPage(string transport, int workers)
    {
        HydraServer server = await StartAsync(transport, workers);
        using HttpResponseMessage teapot = await server.Client.GetAsync(new Uri("/teapot", UriKind.Relative));
        using HttpResponseMessage failed = await server.Client.GetAsync(new Uri("/fail", UriKind.Relative));

        Assert.Equal(418, (int)teapot.StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        await server.Log.WaitAsync("stderr: RuntimeError: a view that fails");
    }

    private Task<HydraServer> StartAsync(string transport, int workers) => Pool.GetAsync(Matrix.Spec("flask_app:app", transport, workers));
}
