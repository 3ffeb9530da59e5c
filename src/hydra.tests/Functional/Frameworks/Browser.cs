using System.Net;
using System.Text.RegularExpressions;
using Hydra.Tests.Functional.Harness;

namespace Hydra.Tests.Functional.Frameworks;

/// <summary>A client that keeps cookies and fills in forms.</summary>
internal sealed partial class Browser : IDisposable
{
    private readonly HttpClient _client;

    public Browser(HydraServer server)
        => _client = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false, UseProxy = false })
        {
            BaseAddress = server.Address,
            Timeout = Eventually.Limit,
        };

    /// <summary>Gets a page; fails when it is no success.</summary>
    public async Task<string> GetAsync(string path)
    {
        using HttpResponseMessage response = await _client.GetAsync(new Uri(path, UriKind.Relative));
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    /// <summary>Posts a form's fields.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields)
        => _client.PostAsync(
            new Uri(path, UriKind.Relative), new FormUrlEncodedContent(fields.Select(f => new KeyValuePair<string, string>(f.Name, f.Value))));

    /// <summary>Gets the form at this path, fills it in with its token, and posts it.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string path, params (string Name, string Value)[] fields)
    {
        string page = await GetAsync(path);
        string token = TokenField().Match(page).Groups[1].Value;
        return await PostAsync(path, [.. fields, ("csrfmiddlewaretoken", token)]);
    }

    public void Dispose() => _client.Dispose();

    [GeneratedRegex("name=\"csrfmiddlewaretoken\" value=\"([^\"]+)\"")]
    private static partial Regex TokenField();
}
