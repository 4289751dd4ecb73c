using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>Tells clients which APIs and versions there are, from the table itself.</summary>
internal sealed class ApiVersionsApi
{
    private const short FirstWithSoftware = 3;
    private readonly List<ApiVersionRange> _ranges;

    public ApiVersionsApi(IEnumerable<Api> others)
    {
        Row = Api.Of<ApiVersionsRequest>(ApiKey.ApiVersions, 0, 4, 3, (context, request) => Answer(context.ApiVersion, request));
        _ranges = [.. others.Append(Row).OrderBy(api => api.Key).Select(Range)];
    }

    public Api Row { get; }

    /// <summary>The answer to a version that is not known: in version 0, naming the versions that are (KIP-511).</summary>
    public ApiVersionsResponse Unsupported() => new() { ErrorCode = ErrorCode.UnsupportedVersion, ApiKeys = [Range(Row)] };

    private ApiVersionsResponse Answer(short version, ApiVersionsRequest request) =>
        version < FirstWithSoftware || (IsSoftware(request.ClientSoftwareName) && IsSoftware(request.ClientSoftwareVersion))
            ? new ApiVersionsResponse { ApiKeys = _ranges }
            : new ApiVersionsResponse { ErrorCode = ErrorCode.InvalidRequest };

    // KIP-511: letters, digits, '-' and '.', the last two not at an end.
    private static bool IsSoftware(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');

    private static ApiVersionRange Range(Api api) => new() { ApiKey = (short)api.Key, MinVersion = api.Min, MaxVersion = api.Max };
}
