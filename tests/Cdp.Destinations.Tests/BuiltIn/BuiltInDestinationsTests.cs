using Cdp.Destinations.BuiltIn;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class BuiltInDestinationsTests
{
    [Fact]
    public void All_Descriptions_AreValid() => Assert.Equal(
        [
            "amplitude", "braze", "customer-io", "google-ads", "google-analytics-4", "hubspot", "intercom", "klaviyo", "meta-conversions", "mixpanel",
            "segment", "slack", "webhook",
        ],
        BuiltInDestinations.All.Select(description => description.Type));

    [Fact]
    public void Find_UnknownType_ReturnsNull() => Assert.Null(BuiltInDestinations.Find("pager"));
}
