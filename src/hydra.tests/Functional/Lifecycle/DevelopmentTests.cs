using System.Net;
using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>--reload and hydra dev: the code is being written while it is served.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DevelopmentTests
{
    private const string Page = "text/html,application/xhtml+xml";

    public static TheoryData<string, string[]> Ways => new()
    {
        { Wsgi("\"%s\""), [] },
        { Asgi("\"%s\""), [] },
        { Wsgi("\"%s\""), ["--preload"] },
        { Wsgi("\"%s\""), ["--speedups", "off", "--workers", "2"] },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Save_TheNextRequest_IsAnsweredByTheNewCode(string code, string[] arguments)
    {
        await using HydraServer server = await StartAsync(code.Replace("%s", "0", StringComparison.Ordinal), arguments);
        for (int i = 1; i <= 3; i++)
        {
            // The size is the same: the time tells.
            Save(server, code.Replace("%s", $"{i}", StringComparison.Ordinal));
            Assert.Equal($"{i}", await server.GetTextAsync("/"));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Code_ThatDoesNotStart_IsAPageUntilItIsMended(string code, string[] arguments)
    {
        await using HydraServer server = await StartAsync(code.Replace("%s", "0", StringComparison.Ordinal), arguments);
        Save(server, "import os\n\nraise LookupError('<b>no</b> settings')\n");
        (HttpStatusCode status, string? type, string page) = await AskAsync(server, Page);

        Assert.Equal((HttpStatusCode.InternalServerError, "text/html"), (status, type));
        Assert.Contains("LookupError: &lt;b&gt;no&lt;/b&gt; settings", page, StringComparison.Ordinal);
        Assert.Contains("<i>    3 </i>raise LookupError(", page, StringComparison.Ordinal);
        Assert.Contains("/-/dev/wait?", page, StringComparison.Ordinal);
        (_, type, string text) = await AskAsync(server, "*/*");
        Assert.Equal("text/plain", type);
        Assert.Contains("Traceback (most recent call last)", text, StringComparison.Ordinal);

        // What the page does by itself: its version is another when the code has changed, for good or bad.
        string version = page.Split("/-/dev/wait?")[1].Split('"')[0];
        Task<string> waiting = server.GetTextAsync("/-/dev/wait?" + version);
        Save(server, code.Replace("%s", "mended", StringComparison.Ordinal));
        Assert.NotEqual(version, (await waiting).Trim());
        Assert.Equal("mended", await server.GetTextAsync("/"));
        server.Log.ExpectAnyErrors("LookupError");
        server.Log.ExpectAnyErrors("does not start");
    }

    [Theory]
    [InlineData()]
    [InlineData("--preload")]
    public async Task Start_OfCodeThatDoesNotStart_ServesThePageAndHeals(params string[] arguments)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec("def app(:\n", ["--reload", .. arguments]));
        await server.WaitUntilReadyAsync();
        (HttpStatusCode status, _, string page) = await AskAsync(server, Page);

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("SyntaxError", page, StringComparison.Ordinal);
        Assert.Contains("<i>    1 </i>def app(:", page, StringComparison.Ordinal);
        Save(server, Wsgi("\"healed\""));
        Assert.Equal("healed", await server.GetTextAsync("/"));
        await server.Log.WaitAsync("is ready at");
        server.Log.ExpectAnyErrors("SyntaxError");
        server.Log.ExpectAnyErrors("does not start");
    }

    [Theory]
    [InlineData("wsgi", "auto")]
    [InlineData("asgi", "auto")]
    [InlineData("wsgi", "off")]
    [InlineData("asgi", "off")]
    public async Task Request_ThatTheApplicationFails_IsAPage(string kind, string speedups)
    {
        await using HydraServer server = await StartAsync(kind is "wsgi" ? Wsgi("1 / 0") : Asgi("1 / 0"), "--speedups", speedups);
        (HttpStatusCode status, _, string page) = await AskAsync(server, Page);

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("<h1>ZeroDivisionError: division by zero</h1>", page, StringComparison.Ordinal);
        Assert.Contains("1 / 0", page, StringComparison.Ordinal);
        await server.Log.ExpectErrorAsync("ZeroDivisionError");
    }

    // As Starlette and FastAPI do it without debug.
    [Theory]
    [InlineData("Internal Server Error", "<h1>ZeroDivisionError: division by zero</h1>")]
    [InlineData("my own words", "my own words")]
    public async Task Request_ThatFailsBehindAnAnswer_IsAPageUnlessTheAnswerSaysMore(string answer, string expected)
    {
        string code = "async def app(scope, receive, send):\n    assert scope['type'] == 'http'\n    await send({'type': 'http.response.start', 'status': 500, 'headers': []})\n"
            + $"    await send({{'type': 'http.response.body', 'body': b'{answer}'}})\n    1 / 0\n";
        await using HydraServer server = await StartAsync(code);
        (HttpStatusCode status, _, string page) = await AskAsync(server, Page);

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains(expected, page, StringComparison.Ordinal);
        await server.Log.ExpectErrorAsync("ZeroDivisionError");
    }

    [Theory]
    [InlineData("--mount", "/api=edited:app")]
    [InlineData("--pool", "slow:/api=2")]
    public async Task Change_WithSeveralPools_IsTheCodeOfAllOfThem(string option, string value)
    {
        await using HydraServer server = await StartAsync(Wsgi("\"first\""), option, value);
        Assert.Equal("first", await server.GetTextAsync("/api/a"));
        Save(server, Wsgi("\"second\""));
        Assert.Equal(["second", "second"], [await server.GetTextAsync("/api/a"), await server.GetTextAsync("/")]);

        // What no pool can start is the page of all; the log does not say that the old code serves on.
        Save(server, "def app(:\n");
        foreach (string path in new[] { "/", "/api/a" })
        {
            Assert.Contains("SyntaxError", (await AskAsync(server, Page, path)).Text, StringComparison.Ordinal);
        }

        Save(server, Wsgi("\"third\""));
        Assert.Equal(["third", "third"], [await server.GetTextAsync("/"), await server.GetTextAsync("/api/a")]);
        Assert.Empty(server.Log.Find("serves on"));
        server.Log.ExpectAnyErrors("SyntaxError");
        server.Log.ExpectAnyErrors("does not start");
    }

    [Fact]
    public async Task Production_ShowsNothingOfIt()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(Wsgi("1 / 0"), []));
        (_, string? type, string text) = await AskAsync(server, Page);
        (HttpStatusCode status, _, string wait) = await AskAsync(server, Page, "/-/dev/wait?0");

        Assert.Equal(("text/plain", "Internal Server Error\n", HttpStatusCode.InternalServerError), (type, text, status));
        Assert.DoesNotContain("Zero", wait, StringComparison.Ordinal);

        // That path is the application's, too.
        await server.Log.ExpectErrorAsync("ZeroDivisionError");
        await server.Log.ExpectErrorAsync("ZeroDivisionError");
    }

    [Theory]
    [InlineData()]
    [InlineData("--preload")]
    public async Task Start_ThatFailsWhileTheCodeIsMended_IsMadeAnew(params string[] arguments)
    {
        string path = Repository.Apps.Replace("\\", "/", StringComparison.Ordinal);
        string broken = $"import sys\nsys.path.append('{path}')\nfrom signals_board import blocking_gate, record\nrecord('begun', 1)\nblocking_gate('start')\nraise LookupError\n";
        await using HydraServer server = await HydraServer.LaunchAsync(Spec(broken, ["--reload", .. arguments]));
        await server.WaitUntilReadyAsync();
        await server.Board.WaitAsync("begun");
        Save(server, Wsgi("\"mended\""));
        Task<string> held = server.GetTextAsync("/");
        await server.Log.WaitAsync("has changed");
        server.Board.Open("start");

        Assert.Equal("mended", await held);
        server.Log.ExpectAnyErrors("LookupError");
        server.Log.ExpectAnyErrors("does not start");
    }

    [Theory]
    [InlineData("", "--reload-dir names no directory: it is empty.")]
    [InlineData("/nowhere/at/all", "--reload-dir /nowhere/at/all is no directory.")]
    public async Task Directory_ThatIsNone_IsRefused(string directory, string sentence)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec(Wsgi("\"a\""), ["--reload", "--reload-dir", directory]));

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync(sentence);
    }

    [Fact]
    public async Task Dev_Requests_AreInAShortLog()
    {
        ServerSpec spec = Spec(Wsgi("\"hello\""), []);
        await using HydraServer server = await HydraServer.StartAsync(spec with { Words = ["dev", .. spec.AllArguments()] });
        await server.GetTextAsync("/there?a=1");

        await Eventually.HoldsAsync(
            () => server.Log.Output.Any(static line => line.Contains(" GET    /there?a=1 200 ", StringComparison.Ordinal)), "a line for the request", () => server.Log.Text);
        Assert.Single(server.WorkerPids());
    }

    private static string Wsgi(string value)
        => $"def app(environ, start_response):\n    text = {value}\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [text.encode()]\n";

    private static string Asgi(string value)
        => "async def app(scope, receive, send):\n    assert scope['type'] == 'http'\n    text = " + value
            + "\n    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n    await send({'type': 'http.response.body', 'body': text.encode()})\n";

    private static ServerSpec Spec(string code, string[] arguments) => new("edited:app")
    {
        Prepare = directory => File.WriteAllTextAsync(Path.Combine(directory, "edited.py"), code),
        AppDirectory = ".",
        Arguments = arguments,

        // What is compiled within the same second is not taken for the old one.
        Variables = new Dictionary<string, string?> { ["PYTHONDONTWRITEBYTECODE"] = "1" },
    };

    private static Task<HydraServer> StartAsync(string code, params string[] arguments)
        => HydraServer.StartAsync(Spec(code, ["--reload", .. arguments]));

    private static void Save(HydraServer server, string code) => File.WriteAllText(server.FilePath("edited.py"), code);

    private static async Task<(HttpStatusCode Status, string? Type, string Text)> AskAsync(HydraServer server, string accept, string path = "/")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        return (response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync());
    }
}
