using System.Globalization;
using Hydra.Primitives;

namespace Hydra.Control;

/// <summary>What hydra replay prints.</summary>
internal static class ReplayText
{
    private const string MaskedNote = "masked: secrets of it were taken out, and it is not what the client has sent";

    /// <summary>The list of requests.</summary>
    public static IEnumerable<string> Lines(RequestsAnswer answer)
    {
        if (answer.Requests.Count == 0)
        {
            return ["No request was kept yet."];
        }

        List<string[]> rows = [["ID", "AT", "METHOD", "STATUS", "TOOK", "TARGET", ""]];
        rows.AddRange(answer.Requests.Select(static one => new[]
        {
            one.Id.ToString(CultureInfo.InvariantCulture),
            DateTimeOffset.FromUnixTimeMilliseconds((long)(one.At * 1000)).ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
            ControlText.Escape(one.Method), one.Status.ToString(CultureInfo.InvariantCulture), Milliseconds(one.Took), ControlText.Escape(one.Target),
            one.Missing is { } missing ? $"without its body: {missing}" : one.Masked ? "masked" : "",
        }));
        int[] widths = [.. Enumerable.Range(0, rows[0].Length - 2).Select(i => rows.Max(row => row[i].Length))];
        return rows.Select(row => string.Join("  ", row.Select((cell, i) => i < widths.Length ? cell.PadRight(widths[i]) : cell)).TrimEnd());
    }

    /// <summary>What came of one that was sent again.</summary>
    public static IEnumerable<string> Lines(ReplayAnswer answer)
    {
        string worker = answer.Worker < 0 ? "no worker" : $"worker {answer.Worker}";
        yield return $"{ControlText.Escape(answer.Method)} {ControlText.Escape(answer.Target)} ({answer.Id})";
        if (answer.Masked)
        {
            yield return MaskedNote;
        }

        yield return $"{answer.Status} after {Milliseconds(answer.Took)}, {Milliseconds(answer.Queued)} of that in the queue, by {worker}; its client got {answer.Before}";
        foreach (IReadOnlyList<string> field in answer.Headers)
        {
            yield return ControlText.Escape($"{field[0]}: {field[1]}");
        }

        yield return "";
        if (answer.Body is { Length: > 0 } body)
        {
            yield return ControlText.Escape(body.TrimEnd(), allowLines: true);
        }
        else if (answer.BodyBase64 is { } bytes)
        {
            yield return $"{Convert.FromBase64String(bytes).Length} bytes that are no text; --json has them";
        }

        if (answer.Cut)
        {
            yield return "… there is more of it";
        }
    }

    private static string Milliseconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0.0} ms");
}
