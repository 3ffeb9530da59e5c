using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>A Django project as startproject makes it, with its admin.</summary>
public sealed class DjangoTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [MemberData(nameof(Matrix.BothInterfaces), MemberType = typeof(Matrix))]
    public async Task Admin_LogInAndAddAUser_ShowsTheUser(string entry, string transport, int workers)
    {
        HydraServer server = await StartAsync(entry, transport, workers);
        using var browser = new Browser(server);
        string name = "user" + Board.NewKey();

        using HttpResponseMessage login = await browser.SubmitAsync(
            "/admin/login/?next=/admin/", ("username", "admin"), ("password", "correct horse"), ("next", "/admin/"));
        Assert.Equal(HttpStatusCode.Found, login.StatusCode);
        Assert.Equal("/admin/", login.Headers.Location!.OriginalString);
        Assert.Contains("Site administration", await browser.GetAsync("/admin/"), StringComparison.Ordinal);

        using HttpResponseMessage added = await browser.SubmitAsync(
            "/admin/auth/user/add/", ("username", name), ("password1", "battery staple 9"), ("password2", "battery staple 9"), ("_save", "Save"));
        Assert.Equal(HttpStatusCode.Found, added.StatusCode);
        Assert.Contains(name, await browser.GetAsync("/admin/auth/user/"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Matrix.BothInterfaces), MemberType = typeof(Matrix))]
    public async Task Admin_WrongPassword_IsRefused(string entry, string transport, int workers)
    {
        HydraServer server = await StartAsync(entry, transport, workers);
        using var browser = new Browser(server);
        using HttpResponseMessage login = await browser.SubmitAsync(
            "/admin/login/?next=/admin/", ("username", "admin"), ("password", "wrong"), ("next", "/admin/"));

        Assert.Equal(HttpStatusCode.OK, login.StatusCode);
        Assert.Contains("Please enter the correct username", await login.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Matrix.BothInterfaces), MemberType = typeof(Matrix))]
    public async Task StaticFiles_OfTheAdmin_AreByteExact(string entry, string transport, int workers)
    {
        HydraServer server = await StartAsync(entry, transport, workers);
        foreach (string file in new[] { "css/base.css", "img/icon-yes.svg", "js/vendor/jquery/jquery.js" })
        {
            using HttpResponseMessage response = await server.Client.GetAsync(new Uri("/static/admin/" + file, UriKind.Relative));
            byte[] expected = await File.ReadAllBytesAsync(Path.Combine("/usr/lib/python3/dist-packages/django/contrib/admin/static/admin", file));

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(expected.Length, response.Content.Headers.ContentLength);
            Assert.Equal(expected, await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [MemberData(nameof(Matrix.BothInterfaces), MemberType = typeof(Matrix))]
    public async Task View_Url_IsWhatTheClientAskedFor(string entry, string transport, int workers)
    {
        HydraServer server = await StartAsync(entry, transport, workers);
        JsonElement answer = await server.GetJsonAsync("/where/caf%C3%A9/?x=1&y=%26");

        Assert.Equal("café", answer.GetProperty("name").GetString());
        Assert.Equal($"{server.Address}where/caf%C3%A9/?x=1&y=%26", answer.GetProperty("url").GetString());
        Assert.Equal("""{"x": "1", "y": "&"}""", answer.GetProperty("query").GetRawText());
    }

    [Theory]
    [MemberData(nameof(Matrix.BothInterfaces), MemberType = typeof(Matrix))]
    public async Task View_StreamingResponse_IsComplete(string entry, string transport, int workers)
    {
        HydraServer server = await StartAsync(entry, transport, workers);

        Assert.Equal(string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i}\n")), await server.GetTextAsync("/stream/"));
    }

    [Theory]
    [MemberData(nameof(Matrix.BothInterfaces), MemberType = typeof(Matrix))]
    public async Task View_Upload_HasTheFile(string entry, string transport, int workers)
    {
        HydraServer server = await StartAsync(entry, transport, workers);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(RandomNumberGenerator.GetBytes(3_000_000)), "large", "large.bin" } };
        using HttpResponseMessage response = await server.Client.PostAsync(new Uri("/upload/", UriKind.Relative), form);

        // More than Django keeps in memory: it goes through a temporary file.
        Assert.Equal("""{"large": 3000000}""", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Matrix.BothInterfaces), MemberType = typeof(Matrix))]
    public async Task View_ChunkedUpload_HasTheFile(string entry, string transport, int workers)
    {
        HydraServer server = await StartAsync(entry, transport, workers);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(RandomNumberGenerator.GetBytes(700_000)), "large", "large.bin" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload/") { Content = form };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal("""{"large": 700000}""", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Matrix.BothInterfaces), MemberType = typeof(Matrix))]
    public async Task View_Raises_GivesDjangosPageAndLogsTheTraceback(string entry, string transport, int workers)
    {
        HydraServer server = await StartAsync(entry, transport, workers);
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri("/fail/", UriKind.Relative));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("a view that fails", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await server.Log.WaitAsync("stderr: RuntimeError: a view that fails");
    }

    private Task<HydraServer> StartAsync(string entry, string transport, int workers)
        => Pool.GetAsync(Matrix.Spec($"django_site.{entry}:application", transport, workers) with { Prepare = PrepareAsync });

    private static async Task PrepareAsync(string directory)
    {
        var start = new ProcessStartInfo(Repository.Python, ["-m", "django_site.prepare"]) { WorkingDirectory = Repository.Apps };
        start.Environment["PROBE_DIR"] = directory;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
