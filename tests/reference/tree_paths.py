"""The path of a tree to one node, link by link: the readable twin of `kernels.trees.fill_paths`."""


def route_links(network, in_link, node):
    """Return the links of a tree's path to a node, in driving order."""
    links = []
    while (link := int(in_link[node])) >= 0:
        links.append(link)
        node = int(network.leaves[link])
    return links[::-1]
