using System.Globalization;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Control;

/// <summary>The dashboard in a browser: Debian's Chromium, without a window. It has to be there, or these fail.</summary>
public sealed class DashboardBrowserTests
{
    private const string Row = "document.querySelectorAll('#workers tbody tr')";

    [Fact]
    public async Task Page_ShowsWorkersAndFiguresAsTheyAre()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app", "--workers", "2", "--metrics", "unix:m.sock");
        for (int i = 0; i < 7; i++)
        {
            await server.Client.GetAsync(i < 4 ? "/hello" : "/missing");
        }

        await using Browser browser = await Browser.StartAsync();
        await browser.OpenAsync((await server.DashboardAsync()).ToString());
        await browser.WaitAsync($"{Row}.length === 2 && [...{Row}].every(row => row.innerText.includes('ready'))");
        await browser.WaitAsync("document.querySelector('#tiles').innerText.includes('7 in all')");

        string[] pids = [.. (await browser.EvaluateAsync($"[...{Row}].map(row => row.cells[3].textContent)")).EnumerateArray().Select(static pid => pid.GetString()!)];
        Assert.Equal(server.WorkerPids().Select(static pid => pid.ToString(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal), pids.Order(StringComparer.Ordinal));
        Assert.Contains("2 / 2", await browser.TextAsync("document.querySelector('#tiles').innerText"), StringComparison.Ordinal);
        Assert.Equal("serving", await browser.TextAsync("document.querySelector('#state').textContent"));
        await using RawConnection connection = await server.ConnectToUnixAsync("m.sock");
        RawResponse metrics = await connection.ExchangeAsync("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Contains("hydra_requests_total{status=\"2xx\"} 4\n", metrics.Text, StringComparison.Ordinal);
        Assert.Contains("hydra_requests_total{status=\"4xx\"} 3\n", metrics.Text, StringComparison.Ordinal);

        // What has happened before the page was opened is in its charts.
        await browser.WaitAsync("document.querySelector('.chart .line.warn:not(.key)').getAttribute('d').length > 10");
        await browser.WaitAsync("document.querySelector('#slow').innerText.includes('/missing')");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Buttons_WithTheTokenOfTheUrl_ReloadDrainAndRestart()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app", "--workers", "2");
        await using Browser browser = await Browser.StartAsync();
        await browser.OpenAsync($"{await server.DashboardAsync()}#token={DashboardServer.Token}");
        await browser.WaitAsync($"{Row}.length === 2");
        Assert.Equal("", await browser.TextAsync("location.hash"));

        await browser.EvaluateAsync("document.querySelector('#reload').click()");
        await browser.WaitAsync("document.querySelector('#ask').open");
        await browser.PressAsync("Enter", 13, "\r");
        await server.Log.WaitAsync("asked for at the dashboard: /v1/reload");
        await browser.WaitAsync("document.querySelector('#toast').textContent.includes('All workers run the present code')");
        await browser.WaitAsync("document.querySelector('#workers-note').textContent.includes('reloads 1')");

        await browser.EvaluateAsync("document.querySelector('#drain').click()");
        await browser.WaitAsync("document.querySelector('#ask').open");
        await browser.EvaluateAsync("document.querySelector('#ask-yes').click()");
        await browser.WaitAsync("document.querySelector('#state').textContent === 'draining' && document.querySelector('#drain').textContent === 'Resume'");
        await browser.EvaluateAsync("document.querySelector('#drain').click()");
        await browser.EvaluateAsync("document.querySelector('#ask-yes').click()");
        await browser.WaitAsync("document.querySelector('#state').textContent === 'serving'");

        string before = await browser.TextAsync($"{Row}[0].cells[3].textContent");
        await browser.EvaluateAsync($"{Row}[0].querySelector('[data-act]').click()");
        await browser.EvaluateAsync("document.querySelector('#ask-yes').click()");
        await browser.WaitAsync($"{Row}.length === 2 && {Row}[0].cells[3].textContent !== '{before}' && {Row}[0].innerText.includes('ready')");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Buttons_WithoutTheToken_AskForItAndDoNothingWithAWrongOne()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app");
        await using Browser browser = await Browser.StartAsync();
        await browser.OpenAsync((await server.DashboardAsync()).ToString());
        await browser.WaitAsync($"{Row}.length === 1");
        await browser.EvaluateAsync("document.querySelector('#reload').click()");
        await browser.WaitAsync("document.querySelector('#token').open");
        await browser.EvaluateAsync("document.querySelector('#token-input').value = 'a-wrong-token-it-is'; document.querySelector('#token-form').requestSubmit()");
        await browser.WaitAsync("document.querySelector('#token-error').textContent.includes('wrong')");
        await browser.EvaluateAsync($"document.querySelector('#token-input').value = '{DashboardServer.Token}'; document.querySelector('#token-form').requestSubmit()");

        // What it was for goes on.
        await browser.WaitAsync("!document.querySelector('#token').open && document.querySelector('#ask').open");
        await browser.EvaluateAsync("document.querySelector('#ask-yes').click()");
        await server.Log.WaitAsync("asked for at the dashboard: /v1/reload");
        Assert.Equal(1, (await server.DashboardStatusAsync(static status => status.GetProperty("pools")[0].GetProperty("generation").GetInt32() > 0)).GetProperty("pools")[0].GetProperty("generation").GetInt32());
    }

    [Fact]
    public async Task Page_OfAnotherOrigin_CanPressNoButtonAndReadNothing()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app");
        Uri place = await server.DashboardAsync();
        await using Browser browser = await Browser.StartAsync("--host-resolver-rules=MAP evil.example 127.0.0.1");
        await browser.OpenAsync(new Uri(server.Address, "/hello").ToString());

        // Each resolves to what it could do; a promise is waited for.
        async Task<string> OutcomeAsync(string what) => (await browser.EvaluateAsync($"(async () => {{ try {{ {what} }} catch (e) {{ return 'refused'; }} }})()")).GetString()!;
        Assert.Equal("refused", await OutcomeAsync($"return await (await fetch('{place}v1/status')).text()"));
        Assert.Equal("refused", await OutcomeAsync($"return await (await fetch('{place}v1/reload', {{ method: 'POST', headers: {{ 'Hydra-Token': '{DashboardServer.Token}' }} }})).text()"));
        Assert.Equal("refused", await OutcomeAsync($"return (await fetch('{place}v1/reload', {{ method: 'POST', mode: 'no-cors' }})).type"));
        Assert.Equal("refused", await OutcomeAsync($"return await new Promise((yes, no) => {{ const s = document.createElement('script'); s.src = '{place}v1/status'; s.onload = () => yes('read'); s.onerror = no; document.head.append(s); }})"));
        Assert.Equal("refused", await OutcomeAsync($"return await new Promise((yes, no) => {{ const s = document.createElement('script'); s.src = '{place}app.js'; s.onload = () => yes('read'); s.onerror = no; document.head.append(s); }})"));
        await OutcomeAsync(
            $"await new Promise(done => {{ const f = document.createElement('form'); f.method = 'POST'; f.action = '{place}v1/drain'; f.target = 'inner'; "
            + "const i = document.createElement('iframe'); i.name = 'inner'; i.onload = done; document.body.append(i, f); f.submit(); }); return 'sent'");
        await OutcomeAsync($"await new Promise(done => {{ const i = document.createElement('iframe'); i.src = '{place}'; i.onload = done; document.body.append(i); }}); return 'shown'");

        // A name of a stranger's that means this machine: the browser takes it for the page's own.
        await browser.OpenAsync($"http://evil.example:{place.Port}/");
        Assert.Contains("the dashboard is not known as", await browser.TextAsync("document.body.innerText"), StringComparison.Ordinal);
        Assert.Equal("403", await OutcomeAsync("return String((await fetch('/v1/status')).status)"));

        JsonElement status = await server.DashboardDocumentAsync("/v1/status");
        Assert.Equal(("serving", 0), (status.GetProperty("state").GetString(), status.GetProperty("pools")[0].GetProperty("generation").GetInt32()));
        Assert.DoesNotContain("asked for at the dashboard", server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Path_OfAnAttacker_IsShownAsText()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app");
        const string Hostile = "/<img/src=x/onerror=document.title='owned'><script>document.title='owned'</script>";
        string key = "<b>" + Board.NewKey();
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        await using RawConnection ended = await server.ConnectAsync();
        await ended.GetAsync(Hostile);
        Assert.Equal(404, (await ended.ReadResponseAsync()).Status);

        await using Browser browser = await Browser.StartAsync();
        await browser.OpenAsync((await server.DashboardAsync()).ToString());
        await browser.WaitAsync($"document.querySelector('#active').innerText.includes('/slow/{key}')");
        await browser.WaitAsync("document.querySelector('#slow').innerText.includes('<script>')");
        await browser.EvaluateAsync("document.querySelector('#active button').click()");
        await browser.WaitAsync($"document.querySelector('#stack-text').innerText.includes('/slow/{key}') && document.querySelector('#stack-text mark')");

        Assert.Equal("0", await browser.TextAsync("document.querySelectorAll('main img, main script, main td b, dialog b, pre b').length"));
        Assert.DoesNotContain("owned", await browser.TextAsync("document.title"), StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
        server.Board.Open(key);
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Keyboard_Alone_ReachesARequestsStack()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app");
        string key = Board.NewKey();
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        await using Browser browser = await Browser.StartAsync();
        await browser.OpenAsync((await server.DashboardAsync()).ToString());
        await browser.WaitAsync("document.querySelector('#active button')");

        await browser.PressAsync("Tab", 9);
        Assert.Equal("skip", await browser.TextAsync("document.activeElement.className"));
        await browser.PressAsync("Enter", 13, "\r");
        Assert.Equal("main", await browser.TextAsync("document.activeElement.id"));
        for (int i = 0; i < 40 && await browser.TextAsync("document.activeElement.closest('#active') !== null") == "false"; i++)
        {
            await browser.PressAsync("Tab", 9);
            Assert.NotEqual("none 0px", await browser.TextAsync("(s => s.outlineStyle + ' ' + s.outlineWidth)(getComputedStyle(document.activeElement))"));
        }

        await browser.PressAsync("Enter", 13, "\r");
        await browser.WaitAsync($"document.querySelector('#stack').open && document.querySelector('#stack-text').textContent.includes('/slow/{key}')");
        await browser.PressAsync("Escape", 27);
        await browser.WaitAsync("!document.querySelector('#stack').open && document.activeElement.closest('#active')");
        server.Board.Open(key);
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);
    }

    [Theory]
    [InlineData(1440, "light")]
    [InlineData(1440, "dark")]
    [InlineData(360, "light")]
    [InlineData(360, "dark")]
    public async Task Page_OnEachScreen_FitsAndHasItsColours(int width, string scheme)
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app", "--mount", "/a-mount-with-a-long-name=wsgi_probe:app");
        await using RawConnection running = await server.ConnectAsync();
        string key = Board.NewKey() + new string('x', 150);
        await running.GetAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        await using Browser browser = await Browser.StartAsync();
        await browser.ShowAsync(width, 900, scheme);
        await browser.OpenAsync((await server.DashboardAsync()).ToString());
        await browser.WaitAsync($"{Row}.length === 2 && document.querySelector('#active button')");

        Assert.Equal("true", await browser.TextAsync("document.documentElement.scrollWidth <= innerWidth"));
        const string Bright = "(c => c.reduce((a, b) => a + b) > 380)(getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number))";
        Assert.Equal(scheme == "light" ? "true" : "false", await browser.TextAsync(Bright));
        Assert.True((await browser.PictureAsync()).Length > 5000);

        // The switch counts more than what the system likes.
        string other = scheme == "light" ? "dark" : "light";
        await browser.EvaluateAsync($"document.querySelector('#theme').value = '{other}'; document.querySelector('#theme').dispatchEvent(new Event('change'))");
        Assert.Equal(other == "light" ? "true" : "false", await browser.TextAsync(Bright));
        server.Board.Open(key);
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Page_WhenTheServerWasStartedAgain_GoesOnByItselfAndSaysSo()
    {
        string address = $"127.0.0.1:{FreePort.Find()}";
        ServerSpec spec = new("asgi_probe:app") { Arguments = ["--dashboard", address, "--dashboard-token", DashboardServer.Token] };
        await using Browser browser = await Browser.StartAsync();
        await using (HydraServer first = await HydraServer.StartAsync(spec))
        {
            await browser.OpenAsync($"http://{address}/");
            await browser.WaitAsync("document.querySelector('#live').dataset.live === 'yes'");
            Assert.Equal(0, await first.StopAsync());
        }

        await browser.WaitAsync("document.querySelector('#live').dataset.live === 'no' && document.querySelector('#banner').textContent.includes('has not answered')");
        await using HydraServer second = await HydraServer.StartAsync(spec);
        await browser.WaitAsync($"document.querySelector('#live').dataset.live === 'yes' && document.querySelector('#banner').textContent.includes('pid {second.Pid} in the place of')");
        await browser.WaitAsync("document.querySelectorAll('.marks line').length > 0 && !document.body.classList.contains('stale')");
    }

    [Fact]
    public async Task Page_NobodyLooksAt_AsksNothing()
    {
        await using HydraServer server = await DashboardServer.StartAsync("asgi_probe:app");
        await using Browser browser = await Browser.StartAsync();
        await browser.OpenAsync((await server.DashboardAsync()).ToString());
        await browser.WaitAsync($"{Row}.length === 1");
        const string Asked = "performance.getEntriesByType('resource').filter(one => one.name.includes('/v1/')).length";
        await browser.EvaluateAsync("Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true }); window.away = true; document.dispatchEvent(new Event('visibilitychange'))");

        // What was asked before has come; from then on three seconds are without any.
        await browser.EvaluateAsync("new Promise(done => setTimeout(done, 1500))");
        string count = await browser.TextAsync(Asked);
        await browser.EvaluateAsync("new Promise(done => setTimeout(done, 3000))");
        Assert.Equal(count, await browser.TextAsync(Asked));
        await browser.EvaluateAsync("window.away = false; document.dispatchEvent(new Event('visibilitychange'))");
        await browser.WaitAsync($"{Asked} > {count}");
    }
}
