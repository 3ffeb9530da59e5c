namespace Hydra.Control;

/// <summary>The requests that a server has kept, the youngest first.</summary>
/// <param name="Requests">One for each.</param>
internal sealed record RequestsAnswer(IReadOnlyList<KeptRequest> Requests);

/// <summary>One that was kept. Times in seconds.</summary>
/// <param name="Id">Its number.</param>
/// <param name="At">When it came, in seconds since the Unix epoch.</param>
/// <param name="Method">Its method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Status">What its client got.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Client">Who has sent it.</param>
/// <param name="Bytes">Bytes of its body that are kept.</param>
/// <param name="Masked">Whether secrets in it were masked.</param>
/// <param name="Missing">Why its body was not kept; null where it was, or there was none.</param>
internal sealed record KeptRequest(
    long Id, double At, string Method, string Target, int Status, double Took, string Client, int Bytes, bool Masked, string? Missing);

/// <summary>What came of one that was sent again.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Method">Its method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Masked">Whether secrets in it were masked, so that it is not what the client has sent.</param>
/// <param name="Before">The status that its client got.</param>
/// <param name="Status">The status now.</param>
/// <param name="Headers">Header fields now: name and value each.</param>
/// <param name="Body">The body as text, where it is UTF-8; null else.</param>
/// <param name="BodyBase64">The body else; null where it is text.</param>
/// <param name="Cut">Whether there was more of it than is shown.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Queued">How long of that it has waited for a worker.</param>
/// <param name="Worker">The worker that has answered; below 0 for none.</param>
internal sealed record ReplayAnswer(
    long Id, string Method, string Target, bool Masked, int Before, int Status, IReadOnlyList<IReadOnlyList<string>> Headers, string? Body, string? BodyBase64, bool Cut,
    double Took, double Queued, int Worker);
