using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Static;

/// <summary>What Django's collectstatic leaves, served by the front.</summary>
public sealed class StaticDjangoTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Static_Collectstatic_IsServedWithItsManifest()
    {
        _directory.Write("collecting.py", $"""
            from django_site.settings import *
            STATIC_ROOT = r"{_directory.Path}/staticfiles"
            STATICFILES_STORAGE = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
            STORAGES = dict(staticfiles=dict(BACKEND=STATICFILES_STORAGE), default=dict(BACKEND="django.core.files.storage.FileSystemStorage"))
            import django
            if django.VERSION >= (4, 2):
                del STATICFILES_STORAGE
            else:
                del STORAGES
            """);
        var start = new ProcessStartInfo(Repository.Python, ["-m", "django", "collectstatic", "--noinput", "-v", "0"])
        {
            Environment = { ["DJANGO_SETTINGS_MODULE"] = "collecting", ["PYTHONPATH"] = $"{_directory.Path}:{Repository.Apps}", ["PROBE_DIR"] = _directory.Path },
        };
        using (Process collect = Process.Start(start)!)
        {
            await collect.WaitForExitAsync();
            Assert.Equal(0, collect.ExitCode);
        }

        string root = Path.Combine(_directory.Path, "staticfiles");
        using JsonDocument manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(root, "staticfiles.json")));
        JsonElement paths = manifest.RootElement.GetProperty("paths");
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { WorkingDirectory = _directory.Path, Arguments = ["--static", "/static/=staticfiles"] });
        foreach (string name in new[] { "admin/css/base.css", "admin/img/icon-yes.svg", "admin/js/vendor/jquery/jquery.js" })
        {
            string hashed = paths.GetProperty(name).GetString()!;
            using HttpResponseMessage forEver = await server.Client.GetAsync("/static/" + hashed);
            using HttpResponseMessage plain = await server.Client.GetAsync("/static/" + name);

            Assert.NotEqual(name, hashed);
            Assert.Equal(HttpStatusCode.OK, forEver.StatusCode);
            Assert.Equal("public, max-age=31536000, immutable", forEver.Headers.NonValidated["Cache-Control"].ToString());
            Assert.Equal("no-cache", plain.Headers.NonValidated["Cache-Control"].ToString());
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(root, hashed)), await forEver.Content.ReadAsByteArrayAsync());
        }
    }
}
