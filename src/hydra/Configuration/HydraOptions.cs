namespace Hydra.Configuration;

/// <summary>
/// What the user asked for, checked and with the defaults filled in: one server, and the applications that it serves.
/// <see cref="OptionTable"/> describes each option and tells whose it is.
/// </summary>
/// <param name="Server">What there is once, whatever is served.</param>
/// <param name="Applications">What each application has of its own; that of --app is the first, where there is one.</param>
internal sealed record HydraOptions(ServerOptions Server, IReadOnlyList<ApplicationOptions> Applications);
