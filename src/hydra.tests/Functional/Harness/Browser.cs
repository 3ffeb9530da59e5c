using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>Debian's Chromium without a window, with one page, which it is told to open and asked about. For one test's thread.</summary>
public sealed partial class Browser : IAsyncDisposable
{
    private readonly TestDirectory _directory;
    private readonly RunningCommand _command;
    private readonly ClientWebSocket _socket = new();
    private int _last;

    private Browser(TestDirectory directory, RunningCommand command)
    {
        _directory = directory;
        _command = command;
    }

    /// <summary>What scripts have complained of, and what a policy has forbidden, so far.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Starts it.</summary>
    /// <param name="arguments">More arguments.</param>
    public static async Task<Browser> StartAsync(params string[] arguments)
    {
        var directory = new TestDirectory();
        var command = new RunningCommand(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                $"--user-data-dir={directory.Path}/profile", "--remote-debugging-port=0", .. arguments, "about:blank"],
            directory.Path,
            []);
        var browser = new Browser(directory, command);
        try
        {
            string place = await Eventually.FindAsync(() => Listening().Match(command.Log.Text) is { Success: true } match ? match.Groups[1].Value : null, "Chromium", () => command.Log.Text);
            using var client = new HttpClient { Timeout = Eventually.Limit };
            using JsonDocument targets = JsonDocument.Parse(await client.GetStringAsync(new Uri($"http://{place}/json/list")));
            string page = targets.RootElement.EnumerateArray().First(static target => target.GetProperty("type").GetString() == "page").GetProperty("webSocketDebuggerUrl").GetString()!;
            await browser._socket.ConnectAsync(new Uri(page), CancellationToken.None);
            foreach (string domain in (string[])["Page", "Runtime", "Log"])
            {
                await browser.SendAsync(domain + ".enable");
            }

            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a page, and waits until it is there.</summary>
    public async Task OpenAsync(string url)
    {
        await SendAsync("Page.navigate", new JsonObject { ["url"] = url });
        await WaitAsync("document.readyState === 'complete'");
    }

    /// <summary>The size of the window, and the colours that its user likes.</summary>
    /// <param name="width">Points.</param>
    /// <param name="height">Points.</param>
    /// <param name="scheme">light or dark.</param>
    public async Task ShowAsync(int width, int height, string scheme)
    {
        await SendAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = width < 500 });
        await SendAsync("Emulation.setEmulatedMedia", new JsonObject { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }) });
    }

    /// <summary>Presses a key and lets it go.</summary>
    /// <param name="key">Its name, such as Tab.</param>
    /// <param name="code">Its number: of windows.</param>
    /// <param name="text">What it writes; null for nothing.</param>
    public async Task PressAsync(string key, int code, string? text = null)
    {
        var down = new JsonObject { ["type"] = text is null ? "rawKeyDown" : "keyDown", ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code };
        if (text is not null)
        {
            down["text"] = text;
        }

        await SendAsync("Input.dispatchKeyEvent", down);
        await SendAsync("Input.dispatchKeyEvent", new JsonObject { ["type"] = "keyUp", ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code });
    }

    /// <summary>What an expression comes to in the page; a promise is waited for.</summary>
    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        JsonElement result = await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true });
        Assert.False(result.TryGetProperty("exceptionDetails", out JsonElement wrong), $"{expression}: {wrong}");
        return result.GetProperty("result").TryGetProperty("value", out JsonElement value) ? value : default;
    }

    /// <summary>The same as text.</summary>
    public async Task<string> TextAsync(string expression) => (await EvaluateAsync($"String({expression})")).GetString()!;

    /// <summary>Waits until an expression is true in the page.</summary>
    public async Task WaitAsync(string expression)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        while (!(await EvaluateAsync($"Boolean({expression})")).GetBoolean())
        {
            Assert.False(limit.IsCancellationRequested, $"waited in vain for {expression}; the page has: {await TextAsync("document.body.innerText")}\n{string.Join('\n', Complaints)}");
            await Task.Delay(20);
        }
    }

    /// <summary>A picture of what is to be seen: PNG.</summary>
    public async Task<byte[]> PictureAsync() => (await SendAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png" })).GetProperty("data").GetBytesFromBase64();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _command.DisposeAsync();
        _directory.Dispose();
    }

    private async Task<JsonElement> SendAsync(string method, JsonObject? parameters = null)
    {
        int id = ++_last;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, CancellationToken.None);
        while (true)
        {
            JsonElement answer = await ReceiveAsync();
            if (answer.TryGetProperty("id", out JsonElement of) && of.GetInt32() == id)
            {
                return answer.TryGetProperty("result", out JsonElement result) ? result : throw new InvalidOperationException($"{method}: {answer.GetRawText()}");
            }

            if (answer.TryGetProperty("method", out JsonElement name) && name.GetString() is "Runtime.exceptionThrown" or "Log.entryAdded")
            {
                Complaints.Add(answer.GetRawText());
            }
        }
    }

    private async Task<JsonElement> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        var bytes = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, limit.Token);
            bytes.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);

        using JsonDocument document = JsonDocument.Parse(bytes.ToArray());
        return document.RootElement.Clone();
    }

    [GeneratedRegex(@"DevTools listening on ws://([^/\s]+)/")]
    private static partial Regex Listening();
}
