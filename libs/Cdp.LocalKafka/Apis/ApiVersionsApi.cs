using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Cluster;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Apis;

/// <summary>Tells clients which APIs and versions are supported, based on the dispatch table.</summary>
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

    /// <summary>The response to an unknown version of ApiVersions. It has version 0 and lists the known versions (KIP-511).</summary>
    public ApiVersionsResponse Unsupported() => new() { ErrorCode = ErrorCode.UnsupportedVersion, ApiKeys = [Range(Row)] };

    private ApiVersionsResponse Answer(short version, ApiVersionsRequest request) =>
        version < FirstWithSoftware || (IsSoftware(request.ClientSoftwareName) && IsSoftware(request.ClientSoftwareVersion))
            ? new ApiVersionsResponse { ApiKeys = _ranges }
            : new ApiVersionsResponse { ErrorCode = ErrorCode.InvalidRequest };

    // KIP-511: letters, digits, '-' and '.'; the first and last character must be a letter or digit.
    private static bool IsSoftware(string text) =>
        text.Length > 0
        && char.IsAsciiLetterOrDigit(text[0])
        && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');

    private static ApiVersionRange Range(Api api) => new() { ApiKey = (short)api.Key, MinVersion = api.Min, MaxVersion = api.Max };
}
