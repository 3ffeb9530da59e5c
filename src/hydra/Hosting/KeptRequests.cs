using System.Text;
using Hydra.Control;
using Hydra.Edge;
using Hydra.Primitives;

namespace Hydra.Hosting;

/// <summary>What the control socket says of requests that were kept. Any thread.</summary>
/// <param name="replay">Sends them again; null where none are kept.</param>
internal sealed class KeptRequests(RequestReplay? replay)
{
    private static readonly ControlResult NoneKept = ControlResult.Refused("no requests are kept: the server was started without --record");

    /// <summary>All that are kept.</summary>
    public (ControlResult Result, RequestsAnswer? Answer) List()
        => replay is null ? (NoneKept, null) : (ControlResult.Done(""), new RequestsAnswer([.. replay.Ring.Read().Select(Describe)]));

    /// <summary>Sends one again.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="isForced">Whether that it may do something twice is meant.</param>
    public async Task<(ControlResult Result, ReplayAnswer? Answer)> ReplayAsync(long id, bool isForced)
    {
        if (replay is null)
        {
            return (NoneKept, null);
        }

        if (replay.Ring.Find(id) is not { } recorded)
        {
            return (ControlResult.Missing($"request {id} is not kept, or not any more"), null);
        }

        if (RequestReplay.Refusal(recorded, isForced) is { } refusal)
        {
            return (ControlResult.Refused(refusal), null);
        }

        ReplayedResponse response = await replay.SendAsync(recorded).ConfigureAwait(false);
        bool isText = Text(response.Body) is not null;
        return (ControlResult.Done(""), new ReplayAnswer(
            id, recorded.Method, recorded.Target, recorded.IsMasked, recorded.Status, response.Status,
            [.. response.Fields.Select(static field => new[] { field.Key, SecretNames.Is(field.Key) ? SecretNames.Mask : field.Value })],
            Text(response.Body), isText ? null : Convert.ToBase64String(response.Body), response.IsCut, response.Took.TotalSeconds, response.Queued.TotalSeconds, response.Worker));
    }

    private static string? Text(byte[] body)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static KeptRequest Describe(RecordedRequest request) => new(
        request.Id, request.At.ToUnixTimeMilliseconds() / 1000.0, request.Method, request.Target, request.Status, request.Took.TotalSeconds, request.Facts.Client, request.Body.Length,
        request.IsMasked, request.Missing);
}
