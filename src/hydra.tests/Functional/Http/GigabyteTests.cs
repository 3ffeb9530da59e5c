using System.Globalization;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>A file of 1 GiB: it takes no memory, and no byte of it comes near Python.</summary>
public sealed class GigabyteTests
{
    private const long Size = 1L << 30;

    [LinuxFact]
    public async Task PathSend_OfAGigabyte_GoesAroundPython()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "large");
        await using (FileStream file = File.Create(path))
        {
            file.SetLength(Size);
        }

        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("file_probe:asgi"));
        await AssertSentAsync(server, $"/path?{path}");
    }

    [NewestPackagesFact]
    public async Task NewestStarlette_FileResponseOfAGigabyte_GoesAroundPython()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("newest.fastapi_app:app") { Python = NewestPackages.Python });
        await AssertSentAsync(server, "/file");
    }

    private static async Task AssertSentAsync(HydraServer server, string target)
    {
        int worker = Assert.Single(server.WorkerPids());
        (long copied, long resident) = (await CopiedAsync(worker), Processes.PeakResident(server.Pid));
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri(target, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(Size, response.Content.Headers.ContentLength);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[1 << 20];
        long received = 0;
        for (int count; (count = await body.ReadAsync(buffer)) > 0;)
        {
            received += count;
        }

        Assert.Equal(Size, received);
        Assert.InRange(await CopiedAsync(worker) - copied, 0, Size / 256);
        Assert.InRange(Processes.PeakResident(server.Pid) - resident, 0, 64 << 20);
    }

    // What the process has read and written in all, by whatever calls.
    private static async Task<long> CopiedAsync(int process)
        => (await File.ReadAllLinesAsync($"/proc/{process}/io")).Take(2).Sum(static line => long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
}
