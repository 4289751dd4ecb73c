namespace Cdp.Local.Settings;

/// <summary>Local cannot start, for a reason that the user can fix. The message is printed without a stack trace.</summary>
public sealed class StartException(string message) : Exception(message);
