namespace Cdp.Functions.Contracts;

/// <summary>
/// Makes the requests of functions. The library makes none itself: the host decides which addresses may be reached (it must refuse private, loopback and
/// link-local ones, after each redirect), how long a request may take and how large a response may be. An exception becomes a rejected promise with its
/// message.
/// </summary>
public delegate Task<FetchResponse> FetchHandler(FetchRequest request, CancellationToken stopping);

/// <summary>A request that a function makes with <c>fetch</c>.</summary>
/// <param name="Url">The URL as the function wrote it. Nothing of it is checked.</param>
/// <param name="Method">The method in upper case.</param>
/// <param name="Headers">Names in lower case, and values.</param>
/// <param name="Body">The body; null for none.</param>
public sealed record FetchRequest(string Url, string Method, IReadOnlyDictionary<string, string> Headers, string? Body);

/// <summary>The response to a function's request.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">Names in lower case, and values.</param>
/// <param name="Body">The body as text.</param>
/// <param name="Url">The URL that answered, after redirects; null for that of the request.</param>
public sealed record FetchResponse(int Status, IReadOnlyDictionary<string, string> Headers, string Body, string? Url = null);
